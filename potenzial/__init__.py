"""The product: command line, project folder, import of address stocks, report and demo."""
