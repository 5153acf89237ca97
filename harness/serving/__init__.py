"""What stands behind the hands-on page: pages fired by hand, the catalogue run in a visitor's browser, and the matrix.

The page itself and its endpoints are `client_site.hands_on`; the command that puts all together is `serve`.
"""
