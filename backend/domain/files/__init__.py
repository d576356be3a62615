"""The life of an upload: begun, stored, probed, attached, removed."""
