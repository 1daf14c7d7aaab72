# nix flake: inputs.gatehouse.url = "git+https://…?dir=config/nix". It has no inputs of its own: the module takes yours.
{
  description = "Gatehouse as a leaf node of NixOS and nix-darwin";

  outputs = _: {
    leafModule = import ./leaf.nix;
    nixosModules.default = import ./leaf.nix;
    darwinModules.default = import ./leaf.nix;
    nixosModules.container = import ./container.nix;
  };
}
