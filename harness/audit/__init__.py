"""An audit: an application or a server that corsproof did not write, held against the rules of CORS by real pages."""
