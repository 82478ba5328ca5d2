#include "tests/lib/primary.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/lib/transfers.h"

enum { TRIES = 100 };

static bool read_whole(int fd, uint8_t *out, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, out, len, 0);
        if (n <= 0) {
            return false;
        }
        out += n;
        len -= (size_t)n;
    }
    return true;
}

static void serve_stream(struct primary *primary, uint8_t *request, uint8_t *out)
{
    int peer = accept(primary->tcp, NULL, NULL);
    uint8_t head[2];
    if (read_whole(peer, head, 2) && read_whole(peer, request, (size_t)(head[0] << 8 | head[1]))) {
        size_t len = (size_t)(head[0] << 8 | head[1]);
        size_t n = primary->answer(primary->context, true, request, len, out);
        for (size_t at = 0; at < n;) {
            ssize_t sent = send(peer, out + at, n - at, MSG_NOSIGNAL);
            at = sent > 0 ? at + (size_t)sent : n;
        }
    }
    close(peer);
}

static void serve_datagram(struct primary *primary, uint8_t *request, uint8_t *out)
{
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t len = recvfrom(primary->udp, request, 65535, 0, (struct sockaddr *)&from, &from_len);
    size_t n = len > 0 ? primary->answer(primary->context, false, request, (size_t)len, out) : 0;
    if (n > 0) {
        (void)!sendto(primary->udp, out, n, 0, (struct sockaddr *)&from, from_len);
    }
}

static void *run(void *context)
{
    static _Thread_local uint8_t request[65535], out[PRIMARY_MAX];
    struct primary *primary = context;
    struct pollfd polls[] = {
        {primary->stop, POLLIN, 0}, {primary->udp, POLLIN, 0}, {primary->tcp, POLLIN, 0}};
    while (poll(polls, 3, -1) > 0 && !polls[0].revents) {
        if (polls[1].revents) {
            serve_datagram(primary, request, out);
        }
        if (polls[2].revents) {
            serve_stream(primary, request, out);
        }
    }
    return NULL;
}

/* One port for both; another process may have one of the two. */
static bool open_both(struct primary *primary)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    primary->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    primary->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = bind(primary->tcp, (struct sockaddr *)&address, len) == 0 &&
                getsockname(primary->tcp, (struct sockaddr *)&address, &len) == 0 &&
                listen(primary->tcp, 16) == 0 &&
                bind(primary->udp, (struct sockaddr *)&address, len) == 0;
    primary->address = (struct server_conf_address){4, ntohs(address.sin_port), {127, 0, 0, 1}};
    if (!good) {
        close(primary->tcp);
        close(primary->udp);
    }
    return good;
}

void primary_start(struct primary *primary)
{
    unsigned tries = 0;
    while (!open_both(primary)) {
        assert_true(++tries < TRIES);
    }
    primary->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&primary->thread, NULL, run, primary), 0);
}

void primary_stop(struct primary *primary)
{
    uint64_t one = 1;
    assert_int_equal(write(primary->stop, &one, sizeof(one)), sizeof(one));
    pthread_join(primary->thread, NULL);
    close(primary->stop);
    close(primary->udp);
    close(primary->tcp);
}

size_t primary_write(const uint8_t *request, bool is_stream, const char *zone, uint16_t type,
                     const char *text, uint8_t *out)
{
    uint8_t *message = out + (is_stream ? 2 : 0);
    size_t len = transfers_write(zone, type, text, message);
    memcpy(message, request, 2);
    if (is_stream) {
        out[0] = (uint8_t)(len >> 8);
        out[1] = (uint8_t)len;
    }
    return len + (is_stream ? 2u : 0u);
}
