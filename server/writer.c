#include "server/writer.h"

#include <pthread.h>

#include "base/mem.h"

struct writer {
    pthread_t thread;
    pthread_mutex_t lock; /* guards the queue */
    pthread_cond_t filled;
    struct writer_job *first;
    struct writer_job **last;
    bool is_ending;
};

/* The next job, or NULL when the writer ends and nothing is left. */
static struct writer_job *take(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (!writer->first && !writer->is_ending) {
        pthread_cond_wait(&writer->filled, &writer->lock);
    }
    struct writer_job *job = writer->first;
    if (job) {
        writer->first = job->next;
        writer->last = writer->first ? writer->last : &writer->first;
    }
    pthread_mutex_unlock(&writer->lock);
    return job;
}

static void *run(void *context)
{
    struct writer *writer = context;
    for (struct writer_job *job = take(writer); job; job = take(writer)) {
        job->run(job);
    }
    return NULL;
}

int writer_create(struct writer **out_writer)
{
    struct writer *writer = mem_alloc(sizeof(*writer));
    writer->last = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->filled, NULL);
    int err = pthread_create(&writer->thread, NULL, run, writer);
    if (err) {
        mem_free(writer);
        return -err;
    }
    *out_writer = writer;
    return 0;
}

void writer_post(struct writer *writer, struct writer_job *job)
{
    pthread_mutex_lock(&writer->lock);
    job->next = NULL;
    *writer->last = job;
    writer->last = &job->next;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_signal(&writer->filled); /* now: whom it wakes would only wait for the lock */
}

void writer_destroy(struct writer *writer)
{
    if (!writer) {
        return;
    }
    pthread_mutex_lock(&writer->lock);
    writer->is_ending = true;
    pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->filled);
    mem_free(writer);
}
