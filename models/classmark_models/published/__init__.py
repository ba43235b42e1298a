"""Published models as classifiers: what they read, what their outputs stand for, when they had better be silent."""
