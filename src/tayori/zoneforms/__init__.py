"""The records of a domain in the forms that programs read: zone file, octoDNS, Terraform and the like. Pure."""
