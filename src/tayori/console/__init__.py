"""The console's door: who is signed in, and the files of its pages. What the pages do is done by the API."""
