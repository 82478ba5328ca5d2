#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/stream_connect.h"

enum { PATIENCE_MS = 10000 };

static struct loop *loop;
static unsigned calls;
static int outcome;

static void on_done(struct stream_connect *connecting, int fd)
{
    assert_ptr_equal(connecting->context, loop);
    calls++;
    outcome = fd;
}

static int setup(void **state)
{
    (void)state;
    calls = 0;
    outcome = 0;
    return loop_create(true, &loop);
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(loop_destroy(loop), 0);
    return 0;
}

/* A listener on any port of the loopback. */
static int listen_on(struct sockaddr_in *address, int backlog)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*address);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
    return fd;
}

static void start(struct stream_connect *connecting, const struct sockaddr_in *address,
                  uint32_t within_ms)
{
    assert_int_equal(stream_connect_start(connecting, loop, (const struct sockaddr *)address,
                                          within_ms, on_done, loop),
                     0);
}

static void who_listens_is_reached(void **state)
{
    struct stream_connect connecting;
    struct sockaddr_in address;
    int listener = listen_on(&address, 1);
    (void)state;
    start(&connecting, &address, PATIENCE_MS);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_true(outcome >= 0);
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(write(outcome, "x", 1), 1);
    char octet = 0;
    assert_int_equal(read(peer, &octet, 1), 1);
    assert_int_equal(octet, 'x');
    close(peer);
    close(outcome);
    close(listener);
}

static void who_does_not_listen_is_told(void **state)
{
    struct stream_connect connecting;
    struct sockaddr_in address;
    (void)state;
    close(listen_on(&address, 1));
    start(&connecting, &address, PATIENCE_MS);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_int_equal(outcome, -ECONNREFUSED);
}

/* Connections that nobody accepts fill the queue; from then on the system lets others wait. */
static void who_is_silent_is_given_up(void **state)
{
    struct stream_connect connecting;
    struct sockaddr_in address;
    int listener = listen_on(&address, 0), waiting[8];
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(waiting[i], (struct sockaddr *)&address, sizeof(address));
    }
    start(&connecting, &address, 30);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_int_equal(outcome, -ETIMEDOUT);
    for (unsigned i = 0; i < 8; i++) {
        close(waiting[i]);
    }
    close(listener);
}

static void who_stops_hears_so_once(void **state)
{
    struct stream_connect connecting;
    struct sockaddr_in address;
    int listener = listen_on(&address, 1);
    (void)state;
    start(&connecting, &address, PATIENCE_MS);
    stream_connect_stop(&connecting);
    stream_connect_stop(&connecting);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_int_equal(outcome, UV_ECANCELED);
    close(listener);
}

static void without_descriptors_nothing_begins(void **state)
{
    struct stream_connect connecting;
    struct sockaddr_in address;
    struct rlimit limit, none;
    int listener = listen_on(&address, 1);
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int err = stream_connect_start(&connecting, loop, (struct sockaddr *)&address, PATIENCE_MS,
                                   on_done, loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(err, -EMFILE);
    loop_run(loop);
    assert_int_equal(calls, 0);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_listens_is_reached, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_listen_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_silent_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(who_stops_hears_so_once, setup, teardown),
        cmocka_unit_test_setup_teardown(without_descriptors_nothing_begins, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
