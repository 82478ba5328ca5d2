#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "server/ctl.h"

enum { TICKS_MAX = 20000, FILE_SIZE = 3000000 };

struct bench {
    struct loop *loop;
    struct loop_timer tick;
    unsigned ticks;
    struct stat_registry *registry;
    struct stat_set *stat;
    struct ctl *ctl;
    char folder[64];
    char path[100];
    struct ctl_reply *kept[64]; /* replies that a handler did not finish */
    unsigned kept_count;
};

static void say(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    char json[200];
    (void)context;
    snprintf(json, sizeof(json), "{\"said\":\"%s\",\"uid\":%u}", request->args[0],
             (unsigned)request->uid);
    ctl_reply_ok(reply, strdup(json));
}

static void keep(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    struct bench *bench = context;
    (void)request;
    bench->kept[bench->kept_count++] = reply;
}

static void refuse(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    (void)context;
    ctl_reply_error(reply, ERR_MISSING, "no %s here", request->args[0]);
}

static void send_file(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    static char text[FILE_SIZE];
    const int fd = memfd_create("text", 0);
    (void)context;
    (void)request;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 26);
    }
    (void)!write(fd, text, sizeof(text));
    ctl_reply_file(reply, fd, strdup("{\"done\":true}"));
}

static const struct ctl_command commands[] = {
    {"say", say, 1, 2, "WORD [WORD]", "echo"},
    {"keep", keep, 0, 0, "", "answer later"},
    {"refuse it", refuse, 1, 1, "WORD", "error"},
    {"file", send_file, 0, 0, "", "parts"},
};

static void on_tick(struct loop_timer *timer)
{
    struct bench *bench = timer->context;
    bench->ticks++;
    loop_stop(bench->loop);
}

#define RUN_UNTIL(bench, condition)                                                                \
    do {                                                                                           \
        (bench)->ticks = 0;                                                                        \
        while (!(condition) && (bench)->ticks < TICKS_MAX) {                                       \
            loop_run((bench)->loop);                                                               \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static struct bench *open_bench(uid_t owner)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct ctl_options options = {bench->path, owner, commands,
                                        sizeof(commands) / sizeof(commands[0]), bench};

    log_init(LOG_ERROR, NULL);
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/test_ctl.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof(bench->path), "%s/socket", bench->folder);
    assert_int_equal(loop_create(true, &bench->loop), 0);
    loop_timer_init(&bench->tick, bench->loop, on_tick, bench);
    loop_timer_start(&bench->tick, 1, 1);
    bench->registry = stat_registry_create();
    bench->stat = stat_registry_add(bench->registry);
    assert_int_equal(ctl_create(bench->loop, &options, bench->stat, &bench->ctl), 0);
    return bench;
}

static void close_bench(struct bench *bench)
{
    ctl_destroy(bench->ctl);
    loop_timer_close(&bench->tick, NULL);
    loop_run(bench->loop);
    assert_int_equal(loop_destroy(bench->loop), 0);
    stat_registry_destroy(bench->registry);
    assert_int_equal(rmdir(bench->folder), 0); /* the socket is gone */
    free(bench);
}

static int open_client(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -errno;
    }
    return fd;
}

static int connect_bench(const struct bench *bench)
{
    const int fd = open_client(bench->path);
    assert_true(fd >= 0);
    return fd;
}

static void ask(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* One line without its end, in a static buffer; "" when the connection ended. */
static const char *read_line(struct bench *bench, int fd)
{
    static char line[200000];
    size_t len = 0;
    bench->ticks = 0;
    while (bench->ticks < TICKS_MAX) {
        const ssize_t n = recv(fd, line + len, 1, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            loop_run(bench->loop);
        } else if (n <= 0) {
            return "";
        } else if (line[len] == '\n') {
            line[len] = '\0';
            return line;
        } else {
            len++;
        }
    }
    fail_msg("no answer");
    return NULL;
}

static void expect(struct bench *bench, int fd, const char *wanted)
{
    assert_string_equal(read_line(bench, fd), wanted);
}

static const char *said(const char *word)
{
    static char line[200];
    snprintf(line, sizeof(line), "{\"ok\":true,\"result\":{\"said\":\"%s\",\"uid\":%u}}", word,
             (unsigned)getuid());
    return line;
}

static void a_request_is_answered_and_the_connection_stays(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"one\"]}\n");
    expect(bench, fd, said("one"));
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"two\"]}\n");
    expect(bench, fd, said("two"));
    assert_int_equal(bench->stat->counters[STAT_control_command], 2);
    assert_int_equal(bench->stat->counters[STAT_control_error], 0);
    close(fd);
    close_bench(bench);
}

static void requests_may_come_together_or_in_pieces(void **state)
{
    static const char pieces[] = "{\"cmd\":\"say\",\"args\":[\"four\"]}\n";
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"one\"]}\n{\"cmd\":\"say\",\"args\":[\"two\"]}\n"
            "{\"cmd\":\"say\",\"args\":[\"three\"]}\n");
    expect(bench, fd, said("one"));
    expect(bench, fd, said("two"));
    expect(bench, fd, said("three"));
    for (size_t i = 0; i < sizeof(pieces) - 1; i++) {
        assert_int_equal(send(fd, pieces + i, 1, MSG_NOSIGNAL), 1);
        loop_run(bench->loop);
    }
    expect(bench, fd, said("four"));
    close(fd);
    close_bench(bench);
}

struct error_case {
    const char *request, *text;
    int code;
};

static const struct error_case errors[] = {
    {"{\"cmd\":\"refuse it\",\"args\":[\"bread\"]}\n", "no bread here", ERR_MISSING},
    {"{\"cmd\":\"nothing\"}\n", "no such command", ERR_UNSUPPORTED},
    {"{\"cmd\":\"say\"}\n", "wrong number of arguments: say WORD [WORD]", ERR_VALUE},
    {"{\"cmd\":\"say\",\"args\":[\"1\",\"2\",\"3\"]}\n",
     "wrong number of arguments: say WORD [WORD]", ERR_VALUE},
    {"{\"cmd\":\"say\",\"args\":3}\n", "args is not a list of strings", ERR_VALUE},
};

static void errors_are_told_and_the_connection_stays(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        char wanted[300];
        snprintf(wanted, sizeof(wanted), "{\"ok\":false,\"error\":{\"code\":%d,\"text\":\"%s\"}}",
                 errors[i].code, errors[i].text);
        ask(fd, errors[i].request);
        expect(bench, fd, wanted);
        assert_int_equal(bench->stat->counters[STAT_control_error], i + 1);
    }
    ask(fd, "\n"); /* no JSON */
    assert_non_null(strstr(read_line(bench, fd), "\"code\":-5005"));
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"still here\"]}\n");
    expect(bench, fd, said("still here"));
    close(fd);
    close_bench(bench);
}

static void a_line_without_end_is_cut_off(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);
    static char text[CTL_REQUEST_MAX + 1];

    (void)state;
    memset(text, ' ', sizeof(text));
    for (size_t sent = 0; sent < sizeof(text);) {
        const ssize_t n = send(fd, text + sent, sizeof(text) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        loop_run(bench->loop);
    }
    expect(bench, fd, "");
    close(fd);
    close_bench(bench);
}

static void *finish_kept(void *context)
{
    ctl_reply_ok(context, strdup("\"late\""));
    return NULL;
}

static void finish_in_thread(struct ctl_reply *reply)
{
    pthread_t thread;
    pthread_create(&thread, NULL, finish_kept, reply);
    pthread_join(thread, NULL);
}

static void a_reply_may_be_finished_later_by_another_thread(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench), other = connect_bench(bench);
    char octet;

    (void)state;
    ask(fd, "{\"cmd\":\"keep\"}\n{\"cmd\":\"say\",\"args\":[\"next\"]}\n");
    RUN_UNTIL(bench, bench->kept_count == 1);
    ask(other, "{\"cmd\":\"say\",\"args\":[\"meanwhile\"]}\n"); /* others are not held up */
    expect(bench, other, said("meanwhile"));
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), -1); /* one at a time, in order */
    finish_in_thread(bench->kept[0]);
    expect(bench, fd, "{\"ok\":true,\"result\":\"late\"}");
    expect(bench, fd, said("next"));
    close(fd);
    close(other);
    close_bench(bench);
}

static void a_reply_to_a_connection_that_is_gone_is_dropped(void **state)
{
    struct bench *bench = open_bench(getuid());
    int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"keep\"}\n");
    RUN_UNTIL(bench, bench->kept_count == 1);
    close(fd);
    fd = connect_bench(bench); /* a new one must not get the old answer */
    ask(fd, "{\"cmd\":\"keep\"}\n");
    RUN_UNTIL(bench, bench->kept_count == 2);
    finish_in_thread(bench->kept[0]);
    ctl_reply_error(bench->kept[1], ERR_NOT_NOW, "second");
    assert_non_null(strstr(read_line(bench, fd), "second"));
    close(fd);
    close_bench(bench);
}

/* Who asks for long work and leaves, again and again, does not pile it up. */
static void work_for_those_who_left_counts_against_the_limit(void **state)
{
    struct bench *bench = open_bench(getuid());
    int fd;

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        fd = connect_bench(bench);
        ask(fd, "{\"cmd\":\"keep\"}\n");
        RUN_UNTIL(bench, bench->kept_count == i + 1);
        close(fd);
    }
    fd = connect_bench(bench);
    assert_non_null(strstr(read_line(bench, fd), "\"code\":-5002"));
    close(fd);
    for (unsigned i = 0; i < 16; i++) {
        finish_in_thread(bench->kept[i]);
    }
    loop_run(bench->loop);
    loop_run(bench->loop);
    fd = connect_bench(bench);
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"in\"]}\n");
    expect(bench, fd, said("in"));
    close(fd);
    close_bench(bench);
}

static void a_file_comes_in_parts_to_a_slow_reader_too(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);
    size_t at = 0;

    (void)state;
    ask(fd, "{\"cmd\":\"file\"}\n");
    for (int i = 0; i < 20; i++) { /* not read at first: what the kernel takes not waits */
        loop_run(bench->loop);
    }
    while (at < FILE_SIZE) {
        const char *line = read_line(bench, fd);
        json_t *root = json_loads(line, 0, NULL);
        const json_t *part = json_object_get(root, "part");
        assert_true(json_string_length(part) > 0);
        for (size_t i = 0; i < json_string_length(part); i++, at++) {
            assert_int_equal(json_string_value(part)[i], 'a' + (int)(at % 26));
        }
        json_decref(root);
    }
    assert_int_equal(at, FILE_SIZE);
    expect(bench, fd, "{\"ok\":true,\"result\":{\"done\":true}}");
    close(fd);
    close_bench(bench);
}

static void a_reader_may_leave_in_the_middle_of_a_file(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"file\"}\n");
    assert_non_null(strstr(read_line(bench, fd), "part"));
    close(fd);
    const int other = connect_bench(bench);
    ask(other, "{\"cmd\":\"say\",\"args\":[\"fine\"]}\n");
    expect(bench, other, said("fine"));
    close(other);
    close_bench(bench);
}

static void a_client_that_half_closes_still_gets_its_answers(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"say\",\"args\":[\"one\"]}\n{\"cmd\":\"keep\"}\n{\"cmd\"");
    shutdown(fd, SHUT_WR);
    expect(bench, fd, said("one"));
    RUN_UNTIL(bench, bench->kept_count == 1);
    finish_in_thread(bench->kept[0]);
    expect(bench, fd, "{\"ok\":true,\"result\":\"late\"}");
    expect(bench, fd, ""); /* half a request is none */
    close(fd);
    close_bench(bench);
}

static void connections_are_limited(void **state)
{
    struct bench *bench = open_bench(getuid());
    int fds[17];

    (void)state;
    for (int i = 0; i < 17; i++) {
        fds[i] = connect_bench(bench);
    }
    expect(bench, fds[16],
           "{\"ok\":false,\"error\":{\"code\":-5002,\"text\":\"a configured limit is reached\"}}");
    expect(bench, fds[16], "");
    assert_int_equal(bench->stat->counters[STAT_control_refused], 1);
    ask(fds[15], "{\"cmd\":\"say\",\"args\":[\"in\"]}\n");
    expect(bench, fds[15], said("in"));
    for (int i = 0; i < 17; i++) {
        close(fds[i]);
    }
    close_bench(bench);
}

/* As root, a child becomes somebody else; as somebody else, the owner is another one. */
static int connect_as_stranger(const struct bench *bench)
{
    int ends[2];

    if (getuid() != 0) {
        return connect_bench(bench);
    }
    assert_int_equal(chmod(bench->folder, 0755), 0);
    assert_int_equal(chmod(bench->path, 0666), 0); /* to see the second lock, open the first */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        char line[1000];
        ssize_t n = -1;
        if (setgroups(0, NULL) == 0 && setuid(65534) == 0) {
            const int fd = open_client(bench->path);
            n = fd >= 0 ? recv(fd, line, sizeof(line), MSG_WAITALL) : -1;
        }
        _exit(n > 0 && write(ends[1], line, (size_t)n) == n ? 0 : 1);
    }
    close(ends[1]);
    return ends[0];
}

static void strangers_are_told_so_and_turned_away(void **state)
{
    struct bench *bench = open_bench(getuid() == 0 ? 0 : getuid() + 1);
    const int fd = connect_as_stranger(bench);

    (void)state;
    expect(bench, fd, "{\"ok\":false,\"error\":{\"code\":-5011,\"text\":\"permission denied\"}}");
    expect(bench, fd, "");
    assert_int_equal(bench->stat->counters[STAT_control_refused], 1);
    close(fd);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    close_bench(bench);
}

static void destroy_waits_for_replies_that_are_out(void **state)
{
    struct bench *bench = open_bench(getuid());
    const int fd = connect_bench(bench);

    (void)state;
    ask(fd, "{\"cmd\":\"keep\"}\n");
    RUN_UNTIL(bench, bench->kept_count == 1);
    ctl_destroy(bench->ctl);
    bench->ctl = NULL;
    expect(bench, fd, "");
    finish_in_thread(bench->kept[0]);
    close(fd);
    close_bench(bench);
}

static void a_socket_in_use_leaves_nothing_open(void **state)
{
    struct bench *bench = open_bench(getuid());
    const struct ctl_options options = {bench->path, getuid(), commands, 1, NULL};
    struct ctl *second = NULL;

    (void)state;
    assert_int_equal(ctl_create(bench->loop, &options, bench->stat, &second), -EADDRINUSE);
    assert_null(second);
    close_bench(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_and_the_connection_stays),
        cmocka_unit_test(requests_may_come_together_or_in_pieces),
        cmocka_unit_test(errors_are_told_and_the_connection_stays),
        cmocka_unit_test(a_line_without_end_is_cut_off),
        cmocka_unit_test(a_reply_may_be_finished_later_by_another_thread),
        cmocka_unit_test(a_reply_to_a_connection_that_is_gone_is_dropped),
        cmocka_unit_test(work_for_those_who_left_counts_against_the_limit),
        cmocka_unit_test(a_file_comes_in_parts_to_a_slow_reader_too),
        cmocka_unit_test(a_reader_may_leave_in_the_middle_of_a_file),
        cmocka_unit_test(a_client_that_half_closes_still_gets_its_answers),
        cmocka_unit_test(connections_are_limited),
        cmocka_unit_test(strangers_are_told_so_and_turned_away),
        cmocka_unit_test(destroy_waits_for_replies_that_are_out),
        cmocka_unit_test(a_socket_in_use_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
