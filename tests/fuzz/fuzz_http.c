/* Door: octets on a connection of the HTTP listener, handled by its real thread. The handlers read
 * all that they are given; the server must answer or hang up, and be there for the next input. */
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_MS = 3 };

static void give_back(const struct http_request *request, struct http_response *response,
                      void *context)
{
    const char *value = http_query(request, "name");
    const char *const texts[] = {request->accept, request->content_type, request->authorization,
                                 value ? value : ""};
    (void)context;
    CHECK(request->body_len <= 64 && request->body[request->body_len] == '\0');
    response->body = malloc(1 + request->body_len);
    CHECK(response->body != NULL);
    memcpy(response->body, request->body, request->body_len);
    response->body_len = request->body_len;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        response->status += strlen(texts[i]) > 100000; /* reads them to their ends */
    }
}

static const struct http_route routes[] = {
    {"GET", "/get", 0, give_back, NULL},
    {"POST", "/post", 64, give_back, NULL},
};

static struct http *open_server(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct http *http;
    CHECK(http_open((const struct sockaddr *)&address, routes, 2, &http) == 0);
    return http;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http *http;
    if (!http) {
        http = open_server();
    }
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(http_port(http)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char answer[4096];
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    struct pollfd come = {.fd = fd, .events = POLLIN};
    (void)!send(fd, data, size, MSG_NOSIGNAL);
    if (poll(&come, 1, ANSWER_MS) > 0) { /* half a request has none, and is given up here */
        (void)!recv(fd, answer, sizeof(answer), 0);
    }
    close(fd);
    return 0;
}
