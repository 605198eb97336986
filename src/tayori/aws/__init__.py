"""The AWS protocols, driven by botocore's models. Knows nothing of SES."""
