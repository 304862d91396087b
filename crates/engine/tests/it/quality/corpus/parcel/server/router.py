"""Maps paths to handlers."""

import re


class Route:
    """One pattern with its handler; `{name}` in a pattern matches one segment."""

    def __init__(self, method, pattern, handler):
        self.method = method
        self.handler = handler
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self.expression = re.compile(f"^{expression}$")


class Router:
    """Finds the first route that matches a request."""

    def __init__(self):
        self.routes = []
        self.middleware = []

    def add(self, method, pattern, handler):
        self.routes.append(Route(method, pattern, handler))

    def use(self, middleware):
        """Wraps every handler that is dispatched from now on."""
        self.middleware.append(middleware)

    def dispatch(self, method, path):
        for route in self.routes:
            match = route.expression.match(path)
            if match and route.method == method:
                handler = route.handler
                for wrap in reversed(self.middleware):
                    handler = wrap(handler)
                return handler(**match.groupdict())
        raise KeyError(path)
