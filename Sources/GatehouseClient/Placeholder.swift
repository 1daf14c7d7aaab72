enum PlaceholderGatehouseClient {}
