/* HTTP: a small HTTP/1.1 server for metrics and the API, on loopback unless told otherwise
 * (libmicrohttpd's home).
 *
 * Requests are handled in the library's own thread: a handler is thread-safe, quick, and keeps
 * nothing of the request. Bodies are bounded per route before they are read; connections, header
 * memory and idle time are bounded for all (threats row 21). No TLS, no forms, no compression, no
 * cross-origin headers. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { HTTP_BODY_MAX = 1 << 20 }; /* octets: largest body_max of a route */

struct http;

struct http_request {
    const char *method;  /* as in the route */
    const char *path;    /* as in the route */
    const uint8_t *body; /* a 0 octet follows */
    size_t body_len;     /* octets */
    const char *accept;  /* header values; "" when absent */
    const char *content_type;
    const char *authorization;
    void *internal; /* http.c's */
};

/* Filled by the handler; starts as {200, "text/plain; charset=utf-8", NULL, 0}. */
struct http_response {
    unsigned status;
    const char *content_type; /* static text */
    char *body;               /* from malloc: taken and freed by the server; NULL for none */
    size_t body_len;          /* octets */
};

struct http_route {
    const char *method; /* "GET" serves HEAD as well */
    const char *path;   /* exact, begins with a slash */
    size_t body_max;    /* octets of the request body; 0 = none allowed */
    void (*handle)(const struct http_request *request, struct http_response *response,
                   void *context);
    void *context;
};

/* Bind, listen and serve in a thread of its own.
 * Shape: address IPv4 or IPv6, port 0 = any free one; routes are borrowed until http_close. Units:
 * none. Errors: -errno of socket and bind, ERR_IO when the library fails. Source: RFC 9110, RFC
 * 9112. */
int http_open(const struct sockaddr *address, const struct http_route *routes, size_t count,
              struct http **out_http);

/* Stop and free; waits for running handlers; NULL is accepted. Shape: none. Units: none. Errors:
 * none. Source: none. */
void http_close(struct http *http);

/* The bound port. Shape: host order. Units: none. Errors: none. Source: none. */
uint16_t http_port(const struct http *http);

/* A value from the query part (`?name=value`), percent-decoded once; NULL when absent.
 * Shape:  terminated, borrowed during the handler; %00 and malformed escapes stay as written.
 * Units:  none.
 * Errors: NULL.
 * Source: RFC 3986 section 2.1. */
const char *http_query(const struct http_request *request, const char *name);
