#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/writer.h"

enum { JOBS = 500, THREADS = 4 };

/* What the jobs of one test write down. Only the writer's thread touches it while it runs. */
struct notes {
    unsigned count;
    unsigned order[JOBS * THREADS];
    pthread_t thread;
    struct writer *writer;
};

struct note {
    struct writer_job job; /* first: run() gets this */
    struct notes *notes;
    unsigned number;
};

static void write_down(struct writer_job *job)
{
    struct note *note = (struct note *)(void *)job;
    note->notes->thread = pthread_self();
    note->notes->order[note->notes->count++] = note->number;
}

static void jobs_run_one_after_the_other_in_their_order(void **state)
{
    (void)state;
    static struct notes notes;
    static struct note jobs[JOBS];
    struct writer *writer = NULL;
    memset(&notes, 0, sizeof(notes));
    assert_int_equal(writer_create(&writer), 0);
    for (unsigned i = 0; i < JOBS; i++) {
        jobs[i] = (struct note){{NULL, write_down}, &notes, i};
        writer_post(writer, &jobs[i].job);
        if (i % 100 == 0) {
            (void)usleep(100); /* so that the queue runs empty now and then */
        }
    }
    writer_destroy(writer); /* runs what is queued */
    assert_int_equal(notes.count, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(notes.order[i], i);
    }
    assert_false(pthread_equal(notes.thread, pthread_self()));
    writer_destroy(NULL);
}

static void a_writer_without_jobs_ends_at_once(void **state)
{
    (void)state;
    struct writer *writer = NULL;
    assert_int_equal(writer_create(&writer), 0);
    writer_destroy(writer);
}

/* Jobs that are freed when they run, and jobs that post themselves again. */
static void run_and_free(struct writer_job *job)
{
    write_down(job);
    mem_free(job);
}

static void run_again(struct writer_job *job)
{
    struct note *note = (struct note *)(void *)job;
    write_down(job);
    if (note->number-- > 1) {
        writer_post(note->notes->writer, job);
    }
}

static void a_job_belongs_to_itself_once_it_runs(void **state)
{
    (void)state;
    static struct notes notes;
    struct writer *writer = NULL;
    memset(&notes, 0, sizeof(notes));
    assert_int_equal(writer_create(&writer), 0);
    notes.writer = writer;
    for (unsigned i = 0; i < 100; i++) {
        struct note *note = mem_alloc(sizeof(*note));
        *note = (struct note){{NULL, run_and_free}, &notes, 1000 + i};
        writer_post(writer, &note->job);
    }
    struct note again = {{NULL, run_again}, &notes, 50};
    writer_post(writer, &again.job);
    writer_destroy(writer);
    assert_int_equal(notes.count, 150); /* also what was posted while it ended */
    assert_int_equal(notes.order[149], 1);
}

struct poster {
    pthread_t thread;
    struct writer *writer;
    struct notes *notes;
    struct note jobs[JOBS];
    unsigned number;
};

static void *post_all(void *context)
{
    struct poster *poster = context;
    for (unsigned i = 0; i < JOBS; i++) {
        poster->jobs[i] =
            (struct note){{NULL, write_down}, poster->notes, poster->number * JOBS + i};
        writer_post(poster->writer, &poster->jobs[i].job);
    }
    return NULL;
}

static void jobs_of_all_threads_come_each_once_and_in_their_threads_order(void **state)
{
    (void)state;
    static struct notes notes;
    static struct poster posters[THREADS];
    struct writer *writer = NULL;
    memset(&notes, 0, sizeof(notes));
    assert_int_equal(writer_create(&writer), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        posters[i].writer = writer;
        posters[i].notes = &notes;
        posters[i].number = i;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(posters[i].thread, NULL);
    }
    writer_destroy(writer);
    unsigned next[THREADS] = {0};
    assert_int_equal(notes.count, JOBS * THREADS);
    for (unsigned i = 0; i < notes.count; i++) {
        unsigned thread = notes.order[i] / JOBS;
        assert_int_equal(notes.order[i] % JOBS, next[thread]++);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_one_after_the_other_in_their_order),
        cmocka_unit_test(a_writer_without_jobs_ends_at_once),
        cmocka_unit_test(a_job_belongs_to_itself_once_it_runs),
        cmocka_unit_test(jobs_of_all_threads_come_each_once_and_in_their_threads_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
