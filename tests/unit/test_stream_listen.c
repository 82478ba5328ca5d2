#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stream_listen.h"

struct place {
    struct loop *loop;
    struct loop_timer guard;
    struct stream_listen listener, second; /* until the loop is destroyed */
    char folder[64];
    char path[100];
    bool refuse;
    unsigned accepts, errors, closings;
    int last_err;
    int fds[64];
    struct stream_peer last_peer;
    bool timed_out;
};

static bool on_accept(struct stream_listen *listener, int fd, const struct stream_peer *peer)
{
    struct place *place = listener->context;
    loop_stop(place->loop);
    place->last_peer = *peer;
    if (!place->refuse) {
        place->fds[place->accepts] = fd;
    }
    place->accepts++;
    return !place->refuse;
}

static void on_error(struct stream_listen *listener, int err)
{
    struct place *place = listener->context;
    place->errors++;
    place->last_err = err;
    loop_stop(place->loop);
}

static void on_closed(struct stream_listen *listener)
{
    struct place *place = listener->context;
    place->closings++;
    loop_stop(place->loop);
}

static const struct stream_listen_hooks hooks = {on_accept, on_error, on_closed};

static void on_guard(struct loop_timer *timer)
{
    struct place *place = timer->context;
    place->timed_out = true;
    loop_stop(place->loop);
}

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    snprintf(place->folder, sizeof(place->folder), "/tmp/test_stream_listen.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/socket", place->folder);
    assert_int_equal(loop_create(false, &place->loop), 0);
    loop_timer_init(&place->guard, place->loop, on_guard, place);
    loop_timer_start(&place->guard, 20000, 0);
    *state = place;
    return 0;
}

static int clear_place(void **state)
{
    struct place *place = *state;
    for (unsigned i = 0; i < place->accepts && !place->refuse; i++) {
        close(place->fds[i]);
    }
    loop_timer_close(&place->guard, NULL);
    assert_int_equal(loop_destroy(place->loop), 0);
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_any_port(struct place *place, struct stream_listen *listener, uint16_t port,
                           bool reuse_port)
{
    const struct sockaddr_in address = loopback(port);
    return stream_listen_tcp(listener, place->loop, (const struct sockaddr *)&address, reuse_port,
                             &hooks, place);
}

static int connect_tcp(uint16_t port)
{
    const struct sockaddr_in address = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void run_until_accepts(struct place *place, unsigned accepts)
{
    while (place->accepts < accepts && !place->timed_out) {
        loop_run(place->loop);
    }
    assert_int_equal(place->accepts, accepts);
}

static void a_connection_is_handed_over_with_its_peer(void **state)
{
    struct place *place = *state;
    struct sockaddr_in own;
    socklen_t len = sizeof(own);

    assert_int_equal(listen_any_port(place, &place->listener, 0, false), 0);
    assert_int_not_equal(place->listener.port, 0);
    const int fd = connect_tcp(place->listener.port);
    run_until_accepts(place, 1);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    assert_int_equal(place->last_peer.port, ntohs(own.sin_port));
    close(fd);
    stream_listen_close(&place->listener);
}

static void a_connection_that_is_not_wanted_is_reset(void **state)
{
    struct place *place = *state;
    char octet;

    place->refuse = true;
    assert_int_equal(listen_any_port(place, &place->listener, 0, false), 0);
    const int fd = connect_tcp(place->listener.port);
    run_until_accepts(place, 1);
    assert_int_equal(read(fd, &octet, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    stream_listen_close(&place->listener);
}

static void many_connections_at_once_are_all_taken(void **state)
{
    struct place *place = *state;
    int fds[50];

    assert_int_equal(listen_any_port(place, &place->listener, 0, false), 0);
    for (int i = 0; i < 50; i++) {
        fds[i] = connect_tcp(place->listener.port);
    }
    run_until_accepts(place, 50);
    for (int i = 0; i < 50; i++) {
        close(fds[i]);
    }
    stream_listen_close(&place->listener);
}

static void only_listeners_that_say_so_share_a_port(void **state)
{
    struct place *place = *state;
    struct stream_listen third;

    assert_int_equal(listen_any_port(place, &place->listener, 0, true), 0);
    const uint16_t port = place->listener.port;
    assert_int_equal(listen_any_port(place, &place->second, port, true), 0);
    assert_int_equal(place->second.port, port);
    assert_int_equal(listen_any_port(place, &third, port, false), -EADDRINUSE);
    stream_listen_close(&place->listener);
    stream_listen_close(&place->second);
}

static void another_address_family_is_refused(void **state)
{
    struct place *place = *state;
    const struct sockaddr address = {.sa_family = AF_PACKET};

    assert_int_equal(
        stream_listen_tcp(&place->listener, place->loop, &address, false, &hooks, place),
        ERR_UNSUPPORTED);
}

static void without_descriptors_the_listener_rests_and_recovers(void **state)
{
    struct place *place = *state;
    struct rlimit old, none;

    assert_int_equal(listen_any_port(place, &place->listener, 0, false), 0);
    const int fd = connect_tcp(place->listener.port);
    getrlimit(RLIMIT_NOFILE, &old);
    none = old;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    while (place->errors == 0 && !place->timed_out) {
        loop_run(place->loop);
    }
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(place->errors, 1); /* at rest, not in a busy loop */
    assert_int_equal(place->last_err, -EMFILE);
    run_until_accepts(place, 1);
    close(fd);
    stream_listen_close(&place->listener);
}

static int listen_unix(struct place *place, struct stream_listen *listener)
{
    return stream_listen_unix(listener, place->loop, place->path, 0660, &hooks, place);
}

static void a_unix_socket_has_its_mode_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 077, 0777};
    struct place *place = *state;
    struct stat st;

    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        const mode_t old = umask(masks[i]);
        const int err = listen_unix(place, &place->listener);
        umask(old);
        assert_int_equal(err, 0);
        assert_int_equal(lstat(place->path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | 0660);
        const int fd = connect_unix(place->path);
        run_until_accepts(place, (unsigned)i + 1);
        assert_int_equal(place->last_peer.uid, getuid());
        close(fd);
        stream_listen_close(&place->listener);
        loop_run(place->loop); /* its memory is used again */
        assert_int_equal(place->closings, i + 1);
        assert_int_equal(lstat(place->path, &st), -1); /* removed at close */
        loop_timer_start(&place->guard, 20000, 0);
    }
}

static void a_socket_that_nobody_listens_on_is_replaced(void **state)
{
    struct place *place = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", place->path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(listen_unix(place, &place->listener), 0);
    close(connect_unix(place->path));
    stream_listen_close(&place->listener);
}

static void a_socket_in_use_is_not_replaced(void **state)
{
    struct place *place = *state;

    assert_int_equal(listen_unix(place, &place->listener), 0);
    assert_int_equal(listen_unix(place, &place->second), -EADDRINUSE);
    close(connect_unix(place->path));
    stream_listen_close(&place->listener);
}

static void another_file_is_not_replaced(void **state)
{
    struct place *place = *state;
    char target[200];
    struct stat st;

    const int fd = open(place->path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(listen_unix(place, &place->listener), -EADDRINUSE);
    unlink(place->path);
    snprintf(target, sizeof(target), "%s/target", place->folder);
    assert_int_equal(symlink(target, place->path), 0);
    assert_int_equal(listen_unix(place, &place->listener), -EADDRINUSE);
    assert_int_equal(lstat(place->path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(target, &st), -1);
}

static void close_leaves_the_socket_of_a_successor_alone(void **state)
{
    struct place *place = *state;
    struct stat st;

    assert_int_equal(listen_unix(place, &place->listener), 0);
    unlink(place->path);
    assert_int_equal(listen_unix(place, &place->second), 0);
    stream_listen_close(&place->listener);
    assert_int_equal(lstat(place->path, &st), 0);
    close(connect_unix(place->path));
    stream_listen_close(&place->second);
    assert_int_equal(lstat(place->path, &st), -1);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct place *place = *state;
    char path[200];

    memset(path, 'x', sizeof(path));
    path[108] = '\0';
    assert_int_equal(stream_listen_unix(&place->listener, place->loop, path, 0660, &hooks, place),
                     -ENAMETOOLONG);
    snprintf(path, sizeof(path), "%s/no/folder", place->folder);
    assert_int_equal(stream_listen_unix(&place->listener, place->loop, path, 0660, &hooks, place),
                     -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_handed_over_with_its_peer),
        TEST(a_connection_that_is_not_wanted_is_reset),
        TEST(many_connections_at_once_are_all_taken),
        TEST(only_listeners_that_say_so_share_a_port),
        TEST(another_address_family_is_refused),
        TEST(without_descriptors_the_listener_rests_and_recovers),
        TEST(a_unix_socket_has_its_mode_whatever_the_umask),
        TEST(a_socket_that_nobody_listens_on_is_replaced),
        TEST(a_socket_in_use_is_not_replaced),
        TEST(another_file_is_not_replaced),
        TEST(close_leaves_the_socket_of_a_successor_alone),
        TEST(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
