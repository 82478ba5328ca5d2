#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/http.h"

static void copy_body(struct http_response *response, const char *text, size_t len)
{
    response->body = malloc(len + 1);
    memcpy(response->body, text, len);
    response->body_len = len;
}

static void say_hello(const struct http_request *request, struct http_response *response,
                      void *context)
{
    (void)request;
    copy_body(response, context, strlen(context));
    response->content_type = "text/x-hello";
}

static void echo(const struct http_request *request, struct http_response *response, void *context)
{
    (void)context;
    copy_body(response, (const char *)request->body, request->body_len);
    response->status = 201;
}

static void show_query(const struct http_request *request, struct http_response *response,
                       void *context)
{
    const char *value = http_query(request, "name");
    (void)context;
    copy_body(response, value ? value : "(absent)", value ? strlen(value) : 8);
}

static void no_body(const struct http_request *request, struct http_response *response,
                    void *context)
{
    (void)request;
    (void)context;
    response->status = 204;
}

static const struct http_route routes[] = {
    {"GET", "/hello", 0, say_hello, (void *)(uintptr_t) "hello"},
    {"POST", "/echo", 10, echo, NULL},
    {"GET", "/query", 0, show_query, NULL},
    {"GET", "/empty", 0, no_body, NULL},
};

static struct http *http;

static const struct sockaddr_in loopback = {.sin_family = AF_INET,
                                            .sin_addr.s_addr = 0x0100007f}; /* network order */

static int open_server(void **state)
{
    (void)state;
    return http_open((const struct sockaddr *)&loopback, routes, sizeof(routes) / sizeof(routes[0]),
                     &http);
}

static int close_server(void **state)
{
    (void)state;
    http_close(http);
    return 0;
}

static int connect_server(void)
{
    const struct timeval limit = {.tv_sec = 20};
    struct sockaddr_in address = loopback;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons(http_port(http));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Send a request and read until the server closes. */
static void talk(const char *request, char *answer, size_t size)
{
    const int fd = connect_server();
    size_t len = 0;
    ssize_t n;

    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    while ((n = read(fd, answer + len, size - 1 - len)) > 0) {
        len += (size_t)n;
    }
    assert_true(n == 0 || errno == ECONNRESET);
    answer[len] = '\0';
    close(fd);
}

struct talk_case {
    const char *label, *request, *status, *body;
};

#define END "Host: a\r\nConnection: close\r\n\r\n"

static const struct talk_case talks[] = {
    {"a route answers", "GET /hello HTTP/1.1\r\n" END, "200", "\r\n\r\nhello"},
    {"HEAD has no body", "HEAD /hello HTTP/1.1\r\n" END, "200", "\r\n\r\n"},
    {"an unknown path", "GET /nothing HTTP/1.1\r\n" END, "404", "404 Not Found"},
    {"an unknown method", "POST /hello HTTP/1.1\r\n" END, "405", "Allow: GET, HEAD\r\n"},
    {"a path is decoded once", "GET /h%65llo HTTP/1.1\r\n" END, "200", "hello"},
    {"and not twice", "GET /h%2565llo HTTP/1.1\r\n" END, "404", ""},
    {"a NUL in the path", "GET /hello%00 HTTP/1.1\r\n" END, "404", ""},
    {"a longer path", "GET /hello/ HTTP/1.1\r\n" END, "404", ""},
    {"a body comes back", "POST /echo HTTP/1.1\r\nContent-Length: 10\r\n" END "0123456789", "201",
     "\r\n\r\n0123456789"},
    {"an absent body", "POST /echo HTTP/1.1\r\n" END, "201", "\r\n\r\n"},
    {"a body too long", "POST /echo HTTP/1.1\r\nContent-Length: 11\r\n" END "0123456789x", "413",
     ""},
    {"a body where none is taken", "GET /hello HTTP/1.1\r\nContent-Length: 1\r\n" END "x", "413",
     ""},
    {"a huge length", "POST /echo HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n" END, "4",
     ""},
    {"a chunked body",
     "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END
     "5\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\n",
     "201", "abcdefg"},
    {"a query value", "GET /query?a=b&name=x%41+y HTTP/1.1\r\n" END, "200", "\r\n\r\nxA y"},
    {"an absent query value", "GET /query?a=b HTTP/1.1\r\n" END, "200", "(absent)"},
    {"a NUL in a value stays text", "GET /query?name=x%00y HTTP/1.1\r\n" END, "200", "x%00y"},
    {"an escape cut short", "GET /query?name=x%4 HTTP/1.1\r\n" END, "200", "x%4"},
    {"no content", "GET /empty HTTP/1.1\r\n" END, "204", ""},
    {"no HTTP", "nonsense\r\n\r\n", "", ""},
};

static void requests_get_their_answers(void **state)
{
    char answer[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
        const struct talk_case *row = &talks[i];
        char status[32];
        talk(row->request, answer, sizeof(answer));
        snprintf(status, sizeof(status), "HTTP/1.1 %s", row->status);
        if ((row->status[0] && strncmp(answer, status, strlen(status)) != 0) ||
            !strstr(answer, row->body)) {
            fail_msg("%s: %s", row->label, answer);
        }
    }
}

static void a_head_answer_ends_with_its_headers(void **state)
{
    char answer[4096];

    (void)state;
    talk("HEAD /hello HTTP/1.1\r\n" END, answer, sizeof(answer));
    assert_non_null(strstr(answer, "Content-Length: 5\r\n"));
    assert_non_null(strstr(answer, "Content-Type: text/x-hello\r\n"));
    assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
}

static void a_chunked_body_over_the_limit_is_cut_off(void **state)
{
    char answer[4096];

    (void)state;
    talk("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END
         "6\r\nabcdef\r\n6\r\nghijkl\r\n"
         "0\r\n\r\n",
         answer, sizeof(answer));
    assert_null(strstr(answer, "201"));
    talk("GET /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "1\r\nx\r\n0\r\n\r\n", answer,
         sizeof(answer));
    assert_null(strstr(answer, "hello"));
}

static void headers_over_the_limit_are_refused(void **state)
{
    static const char head[] = "GET /hello HTTP/1.1\r\nHost: a\r\nX: ";
    static char request[70000];
    char answer[4096];

    (void)state;
    memset(request, 'x', 60000);
    memcpy(request, head, strlen(head));
    memcpy(request + 60000, "\r\n\r\n", 5);
    const int fd = connect_server();
    send(fd, request, strlen(request), MSG_NOSIGNAL); /* may fail: the server hangs up meanwhile */
    const ssize_t n = read(fd, answer, sizeof(answer) - 1);
    answer[n > 0 ? n : 0] = '\0';
    assert_null(strstr(answer, "200 OK"));
    close(fd);
    talk("GET /hello HTTP/1.1\r\n" END, answer, sizeof(answer));
    assert_non_null(strstr(answer, "hello"));
}

static void an_address_in_use_is_an_error(void **state)
{
    struct sockaddr_in address = loopback;
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct http *second;

    (void)state;
    address.sin_port = htons(http_port(http));
    assert_int_equal(http_open((const struct sockaddr *)&address, routes, 1, &second), -EADDRINUSE);
    assert_int_equal(http_open(&other, routes, 1, &second), ERR_UNSUPPORTED);
}

static void it_listens_on_ipv6_too(void **state)
{
    const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                         .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct http *second;

    (void)state;
    assert_int_equal(http_open((const struct sockaddr *)&address, routes, 1, &second), 0);
    assert_int_not_equal(http_port(second), 0);
    http_close(second);
    http_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_their_answers),
        cmocka_unit_test(a_head_answer_ends_with_its_headers),
        cmocka_unit_test(a_chunked_body_over_the_limit_is_cut_off),
        cmocka_unit_test(headers_over_the_limit_are_refused),
        cmocka_unit_test(an_address_in_use_is_an_error),
        cmocka_unit_test(it_listens_on_ipv6_too),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
