enum PlaceholderLDAP {}
