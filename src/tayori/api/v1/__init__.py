"""SES's query API of 2010-12-01: a translation to the same resources."""
