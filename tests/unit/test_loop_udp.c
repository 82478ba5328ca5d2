#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

#include "base/loop_udp.h"

static struct loop *loop;
static struct loop_udp pair[2];
static unsigned closings;
static size_t lens[4];
static unsigned count;
static uint16_t from_port;

static void on_message(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                       size_t len)
{
    assert_ptr_equal(udp, udp->context);
    assert_int_equal(from->sa_family, AF_INET);
    from_port = ntohs(((const struct sockaddr_in *)(const void *)from)->sin_port);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], 'x');
    }
    lens[count++] = len;
    if (len == 0) {
        loop_stop(loop);
    }
}

static void on_closed(struct loop_udp *udp)
{
    (void)udp;
    closings++;
}

static const struct loop_udp_hooks hooks = {on_message, on_closed};

static struct sockaddr_in local(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void datagrams_keep_their_borders_and_their_sender(void **state)
{
    (void)state;
    struct sockaddr_in any = local(0);
    uint8_t data[1000];
    memset(data, 'x', sizeof(data));
    count = closings = 0;
    assert_int_equal(loop_create(true, &loop), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(loop_udp_open(&pair[i], loop, (struct sockaddr *)&any, &hooks, &pair[i]),
                         0);
        assert_int_not_equal(pair[i].port, 0);
    }
    struct sockaddr_in to = local(pair[1].port);
    static const size_t sizes[] = {3, 1000, 0}; /* the empty one is the last */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(loop_udp_send(&pair[0], (struct sockaddr *)&to, data, sizes[i]), 0);
    }
    loop_run(loop);
    assert_int_equal(count, 3);
    assert_memory_equal(lens, sizes, sizeof(sizes));
    assert_int_equal(from_port, pair[0].port);
    loop_udp_close(&pair[0]);
    loop_udp_close(&pair[1]);
    assert_int_equal(loop_destroy(loop), 0);
    assert_int_equal(closings, 2);
}

static void an_address_that_is_taken_is_an_error_and_leaves_nothing_open(void **state)
{
    (void)state;
    struct sockaddr_in any = local(0);
    assert_int_equal(loop_create(true, &loop), 0);
    assert_int_equal(loop_udp_open(&pair[0], loop, (struct sockaddr *)&any, &hooks, &pair[0]), 0);
    struct sockaddr_in taken = local(pair[0].port);
    assert_int_equal(loop_udp_open(&pair[1], loop, (struct sockaddr *)&taken, &hooks, &pair[1]),
                     UV_EADDRINUSE);
    loop_udp_close(&pair[0]);
    assert_int_equal(loop_destroy(loop), 0);
}

static void a_datagram_that_can_not_leave_is_an_error(void **state)
{
    (void)state;
    struct sockaddr_in any = local(0);
    static uint8_t huge[65536]; /* more than a datagram can be */
    assert_int_equal(loop_create(true, &loop), 0);
    assert_int_equal(loop_udp_open(&pair[0], loop, (struct sockaddr *)&any, &hooks, &pair[0]), 0);
    struct sockaddr_in to = local(pair[0].port);
    assert_int_equal(loop_udp_send(&pair[0], (struct sockaddr *)&to, huge, sizeof(huge)),
                     UV_EMSGSIZE);
    loop_udp_close(&pair[0]);
    assert_int_equal(loop_destroy(loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_keep_their_borders_and_their_sender),
        cmocka_unit_test(an_address_that_is_taken_is_an_error_and_leaves_nothing_open),
        cmocka_unit_test(a_datagram_that_can_not_leave_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
