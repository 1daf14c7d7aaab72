# One module for NixOS and nix-darwin: it sees by the options that are there which of the two it is in.
#
#   services.gatehouse = { enable = true; package = …; natsUrl = "nats://localhost:4222"; };
#
# The service's names for what the seed calls services.policy-service (enable, natsUrl, streamName, logLevel, snapshotFrequency)
# are taken under that name too. Secrets never belong into a Nix store: `gatehouse init` writes them into /etc/gatehouse.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.gatehouse;
  onNixOS = options ? systemd;
  onDarwin = options ? launchd;
  user = if onDarwin then "_gatehouse" else "gatehouse";

  # A setting in YAML is one in JSON.
  configFile =
    if cfg.settings == null then
      cfg.configFile
    else
      "${pkgs.writeText "gatehouse.yaml" (builtins.toJSON cfg.settings)}";

  environment = {
    GATEHOUSE_CONFIG = configFile;
    GATEHOUSE_SHARE = "${cfg.package}/share/gatehouse";
    STREAM_NAME = cfg.streamName;
    LOG_LEVEL = cfg.logLevel;
    SNAPSHOT_FREQUENCY = toString cfg.snapshotFrequency;
  }
  // lib.optionalAttrs (cfg.natsUrl != null) { NATS_URL = cfg.natsUrl; };

  # The units of every other Linux, with the paths of this one.
  units = pkgs.runCommand "gatehouse-units" { } ''
    to=$out/lib/systemd/system
    mkdir -p "$to" "$out/libexec/gatehouse"
    cp ${../systemd}/*.service ${../systemd}/*.timer "$to"
    cp -r ${../systemd}/*.service.d "$to"
    cp ${../systemd}/backup "$out/libexec/gatehouse/backup"
    chmod -R u+w "$out"
    find "$to" -type f -exec sed -i \
      -e "s,/usr/local/libexec,$out/libexec," \
      -e "s,/usr/local/bin,${cfg.package}/bin," \
      -e "s,/usr/local/share,${cfg.package}/share," \
      -e "s,/bin/echo,${pkgs.coreutils}/bin/echo," \
      -e '/^AssertPathExists=/d' {} +
  '';

  helpers = [
    "backup"
    "audit"
    "doctor"
  ];

  nixos = {
    users.groups.gatehouse = { };
    users.users.gatehouse = {
      isSystemUser = true;
      group = "gatehouse";
      home = "/var/lib/gatehouse";
    };

    systemd.packages = [ units ];
    systemd.services = {
      gatehouse = {
        inherit environment;
        wantedBy = [ "multi-user.target" ];
      };
    }
    // lib.genAttrs (map (name: "gatehouse-${name}") helpers) (_: {
      inherit environment;
      path = [ cfg.package ];
    });
    systemd.timers = lib.genAttrs (map (name: "gatehouse-${name}") cfg.timers) (_: {
      wantedBy = [ "timers.target" ];
    });
    systemd.tmpfiles.rules = [
      "d /etc/gatehouse 0700 gatehouse gatehouse -"
      "d /var/backups/gatehouse 0700 gatehouse gatehouse -"
    ];

    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ cfg.port ];
  };

  darwin = {
    users.knownUsers = [ user ];
    users.knownGroups = [ user ];
    users.groups.${user}.gid = cfg.darwinId;
    users.users.${user} = {
      uid = cfg.darwinId;
      gid = cfg.darwinId;
      home = "/var/lib/gatehouse";
      shell = "/usr/bin/false";
      description = "Gatehouse identity gateway";
    };

    # launchd makes no folders. As config/launchd has it, but for the program's path.
    system.activationScripts.preActivation.text = ''
      for folder in /etc/gatehouse /var/lib/gatehouse /var/lib/gatehouse-heads; do
        install -d -m 0700 -o ${toString cfg.darwinId} -g ${toString cfg.darwinId} "$folder"
      done
    '';
    launchd.daemons.gatehouse = {
      inherit environment;
      # nix-darwin waits for the store to be mounted before it runs this.
      command = "${cfg.package}/bin/gatehouse serve";
      serviceConfig = {
        Label = "org.gatehouse.gateway";
        UserName = user;
        GroupName = user;
        InitGroups = false;
        Umask = 63;
        RunAtLoad = true;
        KeepAlive.SuccessfulExit = false;
        ThrottleInterval = 10;
        ExitTimeOut = 45;
        ProcessType = "Interactive";
        SoftResourceLimits = {
          NumberOfFiles = 65536;
          Core = 0;
        };
        HardResourceLimits = {
          NumberOfFiles = 65536;
          Core = 0;
        };
        StandardOutPath = "/var/log/gatehouse.log";
        StandardErrorPath = "/var/log/gatehouse.log";
      };
    };
  };
in
{
  imports =
    map
      (
        name:
        lib.mkAliasOptionModule
          [
            "services"
            "policy-service"
            name
          ]
          [
            "services"
            "gatehouse"
            name
          ]
      )
      [
        "enable"
        "natsUrl"
        "streamName"
        "logLevel"
        "snapshotFrequency"
      ];

  options.services.gatehouse = {
    enable = lib.mkEnableOption "Gatehouse, an identity gateway";

    package = mkOption {
      type = types.package;
      description = ''
        The built program: bin/gatehouse and share/gatehouse, as config/systemd/install lays them out. Gatehouse wants
        Swift 6.3; where nixpkgs has an older one, build it elsewhere.
      '';
    };

    natsUrl = mkOption {
      type = types.nullOr types.str;
      default = "nats://localhost:4222";
      description = "The server of the event stream (NATS_URL); null for none.";
    };

    streamName = mkOption {
      type = types.strMatching "[A-Za-z0-9_-]+";
      default = "POLICY_EVENTS";
      description = "The stream that events are published to (STREAM_NAME).";
    };

    logLevel = mkOption {
      type = types.enum [
        "trace"
        "debug"
        "info"
        "warn"
        "error"
      ];
      default = "info";
      description = "What is logged (LOG_LEVEL).";
    };

    snapshotFrequency = mkOption {
      type = types.ints.between 1 1000000;
      default = 100;
      description = "After how many events of a policy a snapshot of it is kept (SNAPSHOT_FREQUENCY).";
    };

    configFile = mkOption {
      type = types.str;
      default = "/etc/gatehouse/gatehouse.yaml";
      description = "The configuration, as `gatehouse init` writes it, where `settings` is null.";
    };

    settings = mkOption {
      type = types.nullOr (types.attrsOf types.anything);
      default = null;
      description = ''
        The configuration as Nix has it, instead of `configFile`. It lies in the store for everybody to read: secrets
        stay in files, which it names by whole paths.
      '';
    };

    timers = mkOption {
      type = types.listOf (types.enum helpers);
      default = helpers;
      description = "What NixOS does from time to time; nix-darwin has none of it.";
    };

    port = mkOption {
      type = types.port;
      default = 8443;
      description = "The port of server.listen, for `openFirewall`.";
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether NixOS opens `port`. A proxy on the same machine needs no open port of ours.";
    };

    darwinId = mkOption {
      type = types.ints.positive;
      default = 531;
      description = "The numbers of user and group under nix-darwin, which wants them said.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = onNixOS || onDarwin;
            message = "services.gatehouse is for NixOS and nix-darwin.";
          }
        ];
      }
      (lib.optionalAttrs onNixOS nixos)
      (lib.optionalAttrs onDarwin darwin)
    ]
  );
}
