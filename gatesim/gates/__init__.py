"""Gates: decision tables, the families of policies that compile to them, and checks of documents."""
