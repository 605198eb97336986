"""JSON of the pages beside the API: see `tayori.api.json_page`."""

from tayori.api.json_page import answer as answer
from tayori.api.json_page import document as document
