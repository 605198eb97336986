"""SES's rest-json API of 2019-09-27."""
