enum PlaceholderAuthorization {}
