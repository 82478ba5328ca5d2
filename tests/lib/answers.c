#include "tests/lib/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The other end: says all, then listens until the client is gone. */
struct server {
    int fd;
    const char *lines;
    char *request;
    size_t request_len;
};

static void *serve(void *context)
{
    struct server *server = context;
    FILE *request = open_memstream(&server->request, &server->request_len);
    const char *at = server->lines;
    size_t left = strlen(at);
    char octets[4096];
    ssize_t n;

    while (left > 0 && (n = send(server->fd, at, left, MSG_NOSIGNAL)) > 0) {
        at += n;
        left -= (size_t)n;
    }
    shutdown(server->fd, SHUT_WR);
    while ((n = recv(server->fd, octets, sizeof(octets), 0)) > 0) {
        fwrite(octets, 1, (size_t)n, request);
    }
    fclose(request);
    close(server->fd);
    return NULL;
}

/* Standard error into a file while a verb runs. */
static int catch_stderr(FILE *into)
{
    const int saved = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(into), STDERR_FILENO);
    return saved;
}

static char *release_stderr(int saved, FILE *into)
{
    char *text = calloc(1, 100000);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(into);
    (void)!fread(text, 1, 99999, into);
    fclose(into);
    return text;
}

void answers_run(const char *lines, const char *const *words, bool json,
                 struct answers_seen *out_seen)
{
    size_t count = 0, own, len;
    int ends[2];
    pthread_t thread;
    struct server server = {.lines = lines};

    while (words[count]) {
        count++;
    }
    const struct cli_verb *verb = cli_verb_find(words, count, &own);
    assert_non_null(verb);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    server.fd = ends[1];
    assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
    struct cli_call call = {.client = cli_client_adopt(ends[0]),
                            .args = words + own,
                            .arg_count = count - own,
                            .json = json,
                            .out = open_memstream(&out_seen->out, &len)};
    FILE *err = tmpfile();
    const int saved = catch_stderr(err);
    out_seen->status = verb->run(&call);
    out_seen->err = release_stderr(saved, err);
    fclose(call.out);
    cli_client_close(call.client);
    pthread_join(thread, NULL);
    out_seen->request = server.request;
}

void answers_finish(struct answers_seen *seen)
{
    free(seen->out);
    free(seen->err);
    free(seen->request);
}
