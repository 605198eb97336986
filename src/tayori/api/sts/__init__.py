"""STS, as far as SES's clients use it: who am I, and temporary credentials. One module; see `registry`."""
