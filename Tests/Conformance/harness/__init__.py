"""What judging a provider from outside needs: a served gateway with people and clients, a browser without a window,
relying parties, and JOSE by libraries that are not ours."""
