# The gateway in a systemd container of a NixOS host: a network of its own, and the host's folders for what has to outlive it.
#
#   imports = [ ./container.nix ];
#   containers.gatehouse.config.services.gatehouse.package = …;
{ lib, ... }:
{
  containers.gatehouse = {
    autoStart = true;
    # Made anew at each start but for the folders below.
    ephemeral = true;
    privateNetwork = true;
    hostAddress = lib.mkDefault "192.168.83.1";
    localAddress = lib.mkDefault "192.168.83.2";
    # No capability beyond what systemd itself needs in there; the gateway has none.
    additionalCapabilities = [ ];

    bindMounts = {
      "/etc/gatehouse".hostPath = lib.mkDefault "/etc/gatehouse";
      "/etc/gatehouse".isReadOnly = true;
      "/var/lib/gatehouse".hostPath = lib.mkDefault "/var/lib/gatehouse";
      "/var/lib/gatehouse".isReadOnly = false;
      "/var/lib/gatehouse-heads".hostPath = lib.mkDefault "/var/lib/gatehouse-heads";
      "/var/lib/gatehouse-heads".isReadOnly = false;
      "/var/backups/gatehouse".hostPath = lib.mkDefault "/var/backups/gatehouse";
      "/var/backups/gatehouse".isReadOnly = false;
    };

    config = {
      imports = [ ./leaf.nix ];
      services.gatehouse = {
        enable = true;
        openFirewall = true;
        # NATS is the host's: inside, localhost is the container.
        natsUrl = lib.mkDefault "nats://192.168.83.1:4222";
      };
      # Listening on the container's only address; the host's proxy is in front.
      systemd.services.gatehouse.environment.GATEHOUSE_SERVER_LISTEN = lib.mkDefault "0.0.0.0:8443";
      # Users of the host's folders: the same number inside and out.
      users.users.gatehouse.uid = lib.mkDefault 983;
      users.groups.gatehouse.gid = lib.mkDefault 983;
      system.stateVersion = lib.mkDefault "25.05";
    };
  };
}
