# Evaluates the leaf module as NixOS and as nix-darwin would. `lib` is that of nixpkgs; the options of the two systems are stood in
# for; with nix-darwin's source as `darwin`, its own are taken for launchd, users and groups. Answers what does not hold: [] is good.
{
  lib ? import <nixpkgs/lib>,
  darwin ? null,
}:
let
  inherit (lib) mkOption types;

  any = mkOption {
    type = types.attrsOf types.anything;
    default = { };
  };
  list = mkOption {
    type = types.listOf types.anything;
    default = [ ];
  };
  common.options.assertions = list;
  nixosStandIn = {
    options.users = any;
    options.systemd.packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
    };
    options.systemd.services = any;
    options.systemd.timers = any;
    options.systemd.tmpfiles.rules = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
    options.networking.firewall.allowedTCPPorts = mkOption {
      type = types.listOf types.port;
      default = [ ];
    };
  };
  darwinStandIn = {
    options.users = any;
    options.launchd.daemons = any;
  };
  darwinItself =
    let
      of =
        file:
        mkOption {
          type = types.attrsOf (types.submodule (import (darwin + "/modules/users/${file}.nix")));
          default = { };
        };
    in
    {
      imports = [ (darwin + "/modules/launchd") ];
      options.system.requiresPrimaryUser = list;
      options.environment = any;
      options.users = {
        users = of "user";
        groups = of "group";
        knownUsers = list;
        knownGroups = list;
      };
    };
  activation = {
    options.system.activationScripts.preActivation.text = mkOption {
      type = types.lines;
      default = "";
    };
  };

  # As NixOS declares containers: what is in one is a system of its own.
  containerStandIn.options.containers = mkOption {
    default = { };
    type = types.attrsOf (
      types.submodule {
        options = {
          autoStart = flag;
          ephemeral = flag;
          privateNetwork = flag;
          hostAddress = mkOption { type = types.str; };
          localAddress = mkOption { type = types.str; };
          additionalCapabilities = list;
          bindMounts = mkOption {
            type = types.attrsOf (
              types.submodule {
                options.hostPath = mkOption { type = types.str; };
                options.isReadOnly = flag;
              }
            );
          };
          config = mkOption {
            type = types.submoduleWith {
              modules = [
                common
                nixosStandIn
                { options.system.stateVersion = mkOption { type = types.str; }; }
                { services.gatehouse.package = pkgs.package; }
              ];
              specialArgs = { inherit pkgs; };
            };
          };
        };
      }
    );
  };
  flag = mkOption {
    type = types.bool;
    default = false;
  };

  # Builds without nixpkgs, by the machine's own shell.
  pkgs = rec {
    coreutils = "/usr";
    stdenv.shell = "/bin/sh";
    runCommand =
      name: _: script:
      derivation {
        inherit name;
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [
          "-euc"
          script
        ];
        PATH = "/usr/bin:/bin";
      };
    writeText = name: text: builtins.toFile name text;
    writeScript = writeText;
    package = {
      type = "derivation";
      name = "gatehouse";
      outPath = "/nix/store/00000000000000000000000000000000-gatehouse";
    };
  };

  evaluate =
    system: settings:
    (lib.evalModules {
      modules = system ++ [
        common
        ../../config/nix/leaf.nix
        settings
      ];
      specialArgs = { inherit pkgs; };
    }).config;

  on.nixos = evaluate [ nixosStandIn ];
  on.darwin = evaluate [
    (if darwin == null then darwinStandIn else darwinItself)
    activation
  ];
  on.neither = evaluate [ ];

  container =
    (lib.evalModules {
      modules = [
        containerStandIn
        ../../config/nix/container.nix
      ];
    }).config.containers.gatehouse;

  basic.services.gatehouse = {
    enable = true;
    inherit (pkgs) package;
  };
  seed.services = {
    gatehouse.package = pkgs.package;
    policy-service = {
      enable = true;
      natsUrl = "nats://leaf-1:4222";
      streamName = "OTHER";
      logLevel = "debug";
      snapshotFrequency = 50;
    };
  };
  said = {
    NATS_URL = "nats://leaf-1:4222";
    STREAM_NAME = "OTHER";
    LOG_LEVEL = "debug";
    SNAPSHOT_FREQUENCY = "50";
  };
  defaults = {
    NATS_URL = "nats://localhost:4222";
    STREAM_NAME = "POLICY_EVENTS";
    LOG_LEVEL = "info";
    SNAPSHOT_FREQUENCY = "100";
  };

  nixos = on.nixos basic;
  mac = on.darwin basic;
  serviceOf = config: config.systemd.services.gatehouse;
  daemonOf = config: config.launchd.daemons.gatehouse;
  has = small: large: builtins.intersectAttrs small large == small;
  with' = more: lib.recursiveUpdate basic { services.gatehouse = more; };
  refused = value: !(builtins.tryEval (builtins.deepSeq value value)).success;

  claims = {
    "off is nothing at all" = (on.nixos { }).systemd.services == { } && (on.darwin { }).launchd.daemons == { };
    "the seed's defaults reach NixOS" = has defaults (serviceOf nixos).environment;
    "the seed's defaults reach nix-darwin" = has defaults (daemonOf mac).environment;
    "the seed's own name for the service reaches NixOS" = has said (serviceOf (on.nixos seed)).environment;
    "the seed's own name for the service reaches nix-darwin" = has said (daemonOf (on.darwin seed)).environment;
    "no event stream, no NATS_URL" = !((serviceOf (on.nixos (with' { natsUrl = null; }))).environment ? NATS_URL);
    "NixOS starts it" = (serviceOf nixos).wantedBy == [ "multi-user.target" ];
    "NixOS has our units" = builtins.length nixos.systemd.packages == 1;
    "NixOS runs what is to run from time to time" = builtins.attrNames nixos.systemd.timers == [
      "gatehouse-audit"
      "gatehouse-backup"
      "gatehouse-doctor"
    ];
    "and only what it is told" =
      builtins.attrNames (on.nixos (with' { timers = [ "backup" ]; })).systemd.timers == [ "gatehouse-backup" ];
    "no port is open unasked" = nixos.networking.firewall.allowedTCPPorts == [ ];
    "and one is when asked" =
      (on.nixos (with' { openFirewall = true; })).networking.firewall.allowedTCPPorts == [ 8443 ];
    "nix-darwin knows its user" = mac.users.knownUsers == [ "_gatehouse" ];
    "nix-darwin runs serve" = lib.hasSuffix "/bin/gatehouse serve" (daemonOf mac).command;
    "nix-darwin numbers its user" = mac.users.users._gatehouse.uid == 531 && mac.users.groups._gatehouse.gid == 531;
    "nix-darwin's umask is 077" = (daemonOf mac).serviceConfig.Umask == 63;
    "neither is said" = builtins.any (a: !a.assertion) (on.neither basic).assertions;
    "both are fine" = builtins.all (a: a.assertion) (nixos.assertions ++ mac.assertions);
    "settings become a file that the service reads" =
      lib.hasSuffix "-gatehouse.yaml"
        (serviceOf (on.nixos (with' { settings.version = 1; }))).environment.GATEHOUSE_CONFIG;
    "the container has a network of its own" = container.privateNetwork && container.additionalCapabilities == [ ];
    "the container's secrets cannot be written" =
      lib.attrNames (lib.filterAttrs (_: mount: mount.isReadOnly) container.bindMounts) == [ "/etc/gatehouse" ];
    "the container runs it and asks the host for NATS" =
      (serviceOf container.config).environment.NATS_URL == "nats://${container.hostAddress}:4222"
      && (serviceOf container.config).environment.GATEHOUSE_SERVER_LISTEN == "0.0.0.0:8443"
      && container.config.networking.firewall.allowedTCPPorts == [ 8443 ];
    "a level that is none is refused" = refused (serviceOf (on.nixos (with' { logLevel = "loud"; })));
    "a stream's name has no dots" = refused (serviceOf (on.nixos (with' { streamName = "a.b"; })));
    "a snapshot after no event is refused" = refused (serviceOf (on.nixos (with' { snapshotFrequency = 0; })));
  };
in
{
  failed = builtins.attrNames (lib.filterAttrs (_: holds: !holds) claims);
  count = builtins.length (builtins.attrNames claims);
  units = builtins.head nixos.systemd.packages;
  daemon = (daemonOf mac).serviceConfig;
}
