"""Settings: defaults, then the file, then the environment."""

import os
import tomllib

DEFAULTS = {"port": 8080, "database": "parcel.db", "log_level": "info"}


def load_config(path, environ=os.environ):
    """Merges all layers; a later one wins. Unknown keys are refused."""
    settings = dict(DEFAULTS)
    with open(path, "rb") as file:
        layers = [tomllib.load(file)]
    layers.append({k[7:].lower(): v for k, v in environ.items() if k.startswith("PARCEL_")})
    for layer in layers:
        for key, value in layer.items():
            if key not in DEFAULTS:
                raise KeyError(f"unknown setting {key}")
            settings[key] = value
    return settings
