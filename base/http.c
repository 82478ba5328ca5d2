#include "base/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/mem.h"

enum {
    CONNECTIONS_MAX = 64,
    CONNECTIONS_PER_IP = 16,
    CONNECTION_MEMORY = 32 * 1024, /* octets: request line, headers, read buffer */
    TIMEOUT_S = 10,
    BACKLOG = 64,
};

struct http {
    struct MHD_Daemon *daemon;
    const struct http_route *routes;
    size_t count;
    uint16_t port;
};

/* One request while it comes in: from the first call of the library to request_completed. */
struct exchange {
    const struct http_route *route;
    uint8_t *body; /* body_max + 1 octets, made with the first part */
    size_t body_len;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The library calls this once per path, name and value; a 0 octet would cut the text there. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    char *out = text;
    for (const char *in = text; *in; in++) {
        const int high = *in == '%' ? hex_digit(in[1]) : -1;
        const int low = high >= 0 ? hex_digit(in[2]) : -1;
        if (low >= 0 && (high || low)) {
            *out++ = (char)(high << 4 | low);
            in += 2;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

static enum MHD_Result answer(struct MHD_Connection *connection, const char *allow,
                              const struct http_response *response)
{
    struct MHD_Response *reply =
        MHD_create_response_from_buffer(response->body_len, response->body, MHD_RESPMEM_MUST_FREE);
    if (!reply) {
        free(response->body);
        return MHD_NO;
    }
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(reply, "X-Content-Type-Options", "nosniff");
    if (allow) {
        MHD_add_response_header(reply, MHD_HTTP_HEADER_ALLOW, allow);
    }
    const enum MHD_Result done = MHD_queue_response(connection, response->status, reply);
    MHD_destroy_response(reply);
    return done;
}

/* An answer of our own: the status and its words. */
static enum MHD_Result answer_status(struct MHD_Connection *connection, unsigned status,
                                     const char *allow)
{
    const char *words = MHD_get_reason_phrase_for(status);
    struct http_response response = {status, "text/plain; charset=utf-8", malloc(64), 0};
    if (response.body) {
        response.body_len = (size_t)snprintf(response.body, 64, "%u %s\n", status, words);
    }
    return answer(connection, allow, &response);
}

static bool is_method(const struct http_route *route, const char *method)
{
    const bool is_get = strcmp(route->method, MHD_HTTP_METHOD_GET) == 0;
    return strcmp(route->method, method) == 0 ||
           (is_get && strcmp(method, MHD_HTTP_METHOD_HEAD) == 0);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

/* First call: choose the route, refuse what is known to be too long before any of it is read. */
static enum MHD_Result begin(const struct http *http, struct MHD_Connection *connection,
                             const char *path, const char *method, void **out_exchange)
{
    const struct http_route *route = NULL;
    const char *allow = NULL;
    for (size_t i = 0; i < http->count && !route; i++) {
        if (strcmp(http->routes[i].path, path) == 0) {
            const bool is_get = strcmp(http->routes[i].method, MHD_HTTP_METHOD_GET) == 0;
            allow = is_get ? "GET, HEAD" : http->routes[i].method;
            route = is_method(&http->routes[i], method) ? &http->routes[i] : NULL;
        }
    }
    if (!route) { /* RFC 9110 section 15.5.6: a 405 says what is allowed */
        return answer_status(connection, allow ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
                             allow);
    }
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (strlen(length) > 10 || strtoull(length, NULL, 10) > route->body_max) {
        return answer_status(connection, MHD_HTTP_CONTENT_TOO_LARGE, NULL);
    }
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange) {
        return MHD_NO;
    }
    exchange->route = route;
    *out_exchange = exchange;
    return MHD_YES;
}

/* A chunked body has no length at its start: over the limit the connection is cut, because the
 * library takes an answer only before or after the body. */
static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t len)
{
    const size_t room = exchange->route->body_max;
    if (len > room - exchange->body_len) {
        return MHD_NO;
    }
    if (!exchange->body) {
        exchange->body = malloc(room + 1);
    }
    if (!exchange->body) {
        return MHD_NO;
    }
    memcpy(exchange->body + exchange->body_len, data, len);
    exchange->body_len += len;
    exchange->body[exchange->body_len] = '\0';
    return MHD_YES;
}

static enum MHD_Result handle(const struct exchange *exchange, struct MHD_Connection *connection)
{
    const struct http_route *route = exchange->route;
    const struct http_request request = {
        .method = route->method,
        .path = route->path,
        .body = exchange->body ? exchange->body : (const uint8_t *)"",
        .body_len = exchange->body_len,
        .accept = header(connection, MHD_HTTP_HEADER_ACCEPT),
        .content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .internal = connection,
    };
    struct http_response response = {MHD_HTTP_OK, "text/plain; charset=utf-8", NULL, 0};

    route->handle(&request, &response, route->context);
    return answer(connection, NULL, &response);
}

/* Called for the headers, for each part of the body, and once more at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *len, void **state)
{
    struct exchange *exchange = *state;

    (void)version;
    if (!exchange) {
        return begin(context, connection, path, method, state);
    }
    if (*len > 0) {
        const enum MHD_Result taken = take_body(exchange, data, *len);
        *len = 0;
        return taken;
    }
    return handle(exchange, connection);
}

static void request_completed(void *context, struct MHD_Connection *connection, void **state,
                              enum MHD_RequestTerminationCode why)
{
    struct exchange *exchange = *state;

    (void)context;
    (void)connection;
    (void)why;
    if (exchange) {
        free(exchange->body);
        free(exchange);
        *state = NULL;
    }
}

static int open_socket(const struct sockaddr *address, uint16_t *out_port)
{
    const bool is_v6 = address->sa_family == AF_INET6;
    const int on = 1;
    struct sockaddr_in6 bound = {0}; /* its port is where IPv4 has it */
    socklen_t len = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        (is_v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
        bind(fd, address, len) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &len) < 0) {
        const int err = -errno;
        close(fd);
        return err;
    }
    *out_port = ntohs(bound.sin6_port);
    return fd;
}

static struct MHD_Daemon *start(struct http *http, int fd)
{
    sigset_t all, old;

    /* Signals are for the thread that waits for them: the library's thread is born deaf. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_IP,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED,
        request_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return daemon;
}

int http_open(const struct sockaddr *address, const struct http_route *routes, size_t count,
              struct http **out_http)
{
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
        return ERR_UNSUPPORTED;
    }
    for (size_t i = 0; i < count; i++) {
        CHECK(routes[i].body_max <= HTTP_BODY_MAX);
    }
    uint16_t port = 0;
    const int fd = open_socket(address, &port);
    if (fd < 0) {
        return fd;
    }
    struct http *http = mem_alloc(sizeof(*http));
    *http = (struct http){.routes = routes, .count = count, .port = port};
    http->daemon = start(http, fd);
    if (!http->daemon) {
        close(fd);
        mem_free(http);
        return ERR_IO;
    }
    *out_http = http;
    return 0;
}

void http_close(struct http *http)
{
    if (http) {
        MHD_stop_daemon(http->daemon); /* closes the socket, joins the thread */
        mem_free(http);
    }
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->internal, MHD_GET_ARGUMENT_KIND, name);
}
