enum PlaceholderFixtures {}
