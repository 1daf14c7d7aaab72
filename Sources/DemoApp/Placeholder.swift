enum PlaceholderDemoApp {}
