enum PlaceholderPasswords {}
