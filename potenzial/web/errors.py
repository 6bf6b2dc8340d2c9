"""Errors of the web page, each with the HTTP status that it becomes.

WebError
|-- NotFoundError      there is no such thing, or the reader may not know of it: the answer is the same
|-- RefusedError       the request comes from elsewhere, without its form's mark, or without a right
|-- LoginError         nobody is logged in, or the token is not known
|-- TooManyError       too many failed logins; `retry_after` says in how many seconds to try again
`-- BadRequestError    a parameter cannot be used; the message names it
"""

from typing import ClassVar


class WebError(Exception):
    """Base of what a page or the interface answers with an error; the message is fit for the reader."""

    status: ClassVar[int] = 500


class NotFoundError(WebError):
    """There is no such page or customer, or it is another owner's: nobody can tell which."""

    status: ClassVar[int] = 404


class RefusedError(WebError):
    """The request is not served to whoever sent it."""

    status: ClassVar[int] = 403


class LoginError(WebError):
    """The request needs a token that it does not bring."""

    status: ClassVar[int] = 401


class TooManyError(WebError):
    """Too many failed logins."""

    status: ClassVar[int] = 429


class BadRequestError(WebError):
    """The request names something that cannot be used."""

    status: ClassVar[int] = 422
