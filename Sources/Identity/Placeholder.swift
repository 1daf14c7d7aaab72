enum PlaceholderIdentity {}
