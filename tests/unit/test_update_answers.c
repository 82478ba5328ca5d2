#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <unistd.h>

#include "server/update_answers.h"

enum { SOCKETS = 2, MANY = 150 };

/* Servers that send and one client that receives. */
struct scene {
    int servers[SOCKETS], client;
    struct stat_registry *registry;
    struct stat_set *stat;
    struct update_answers *answers;
    struct sockaddr_in address; /* of the client */
    unsigned streamed;          /* messages that left by their own function */
};

static int open_socket(struct sockaddr_in *out_address)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t len = sizeof(any);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)out_address, &len), 0);
    return fd;
}

static int set_up(void **state)
{
    static struct scene scene;
    struct sockaddr_in unused;
    memset(&scene, 0, sizeof(scene));
    for (unsigned i = 0; i < SOCKETS; i++) {
        scene.servers[i] = open_socket(&unused);
    }
    scene.client = open_socket(&scene.address);
    scene.registry = stat_registry_create();
    scene.stat = stat_registry_add(scene.registry);
    scene.answers = update_answers_create(scene.stat);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    update_answers_destroy(scene->answers);
    stat_registry_destroy(scene->registry);
    for (unsigned i = 0; i < SOCKETS; i++) {
        close(scene->servers[i]);
    }
    close(scene->client);
    return 0;
}

static void add(struct scene *scene, unsigned server, in_port_t port, uint32_t number)
{
    struct update_return back = {
        .is_datagram = true, .fd = scene->servers[server], .address_len = sizeof(scene->address)};
    struct sockaddr_in to = scene->address;
    to.sin_port = port;
    memcpy(&back.address, &to, sizeof(to));
    update_answers_add(scene->answers, &back, (const uint8_t *)&number, sizeof(number));
}

/* The next datagram at the client, or -1. */
static int64_t receive(const struct scene *scene)
{
    uint32_t number;
    ssize_t len = recv(scene->client, &number, sizeof(number), MSG_DONTWAIT);
    return len == (ssize_t)sizeof(number) ? (int64_t)number : -1;
}

static void datagrams_wait_for_the_flush_and_leave_in_order(void **state)
{
    struct scene *scene = *state;
    add(scene, 0, scene->address.sin_port, 7);
    add(scene, 1, scene->address.sin_port, 8);
    add(scene, 0, scene->address.sin_port, 9);
    assert_int_equal(receive(scene), -1);
    update_answers_flush(scene->answers);
    for (int64_t number = 7; number <= 9; number++) {
        assert_int_equal(receive(scene), number);
    }
    update_answers_flush(scene->answers);
    assert_int_equal(receive(scene), -1); /* nothing leaves twice */
}

static void more_than_there_is_room_for_leave_before_the_flush(void **state)
{
    struct scene *scene = *state;
    int64_t next = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        add(scene, i / 10 % SOCKETS, scene->address.sin_port, i);
        for (int64_t number = receive(scene); number >= 0; number = receive(scene)) {
            assert_int_equal(number, next++);
        }
    }
    assert_true(next > 0 && next < MANY);
    for (update_answers_flush(scene->answers); next < MANY; next++) {
        assert_int_equal(receive(scene), next);
    }
}

static void one_that_can_not_be_sent_is_counted_and_holds_up_no_other(void **state)
{
    struct scene *scene = *state;
    add(scene, 0, scene->address.sin_port, 1);
    add(scene, 0, 0, 2); /* nobody has port 0 */
    add(scene, 0, scene->address.sin_port, 3);
    update_answers_flush(scene->answers);
    assert_int_equal(receive(scene), 1);
    assert_int_equal(receive(scene), 3);
    assert_int_equal(receive(scene), -1);
    assert_int_equal(scene->stat->counters[STAT_udp_send_error], 1);
}

static void stream(const struct update_return *back, const uint8_t *message, size_t len)
{
    struct scene *scene = back->transport;
    assert_int_equal(len, 3);
    assert_memory_equal(message, "abc", 3);
    scene->streamed++;
}

static void what_is_no_datagram_leaves_at_once_by_its_own_function(void **state)
{
    struct scene *scene = *state;
    struct update_return back = {.send = stream, .transport = scene};
    update_answers_add(scene->answers, &back, (const uint8_t *)"abc", 3);
    assert_int_equal(scene->streamed, 1);
    update_answers_flush(scene->answers);
    assert_int_equal(scene->streamed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(datagrams_wait_for_the_flush_and_leave_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(more_than_there_is_room_for_leave_before_the_flush, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_can_not_be_sent_is_counted_and_holds_up_no_other,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_datagram_leaves_at_once_by_its_own_function,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
