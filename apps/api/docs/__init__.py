"""The page that explains the API to people, made from its own description."""
