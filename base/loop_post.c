#include "base/loop_post.h"

#include "base/check.h"

static struct loop_post_item *take_all(struct loop_post *post)
{
    pthread_mutex_lock(&post->lock);
    struct loop_post_item *first = post->first;
    post->first = NULL;
    post->last = &post->first;
    pthread_mutex_unlock(&post->lock);
    return first;
}

static void run_all(struct loop_post_item *item)
{
    while (item) {
        struct loop_post_item *next = item->next; /* run() may free the item */
        item->run(item);
        item = next;
    }
}

static void woken(uv_async_t *uv)
{
    struct loop_post *post = uv->data;

    loop_awake(uv->loop->data);
    run_all(take_all(post));
}

int loop_post_open(struct loop_post *post, struct loop *loop)
{
    const int err = uv_async_init(&loop->uv, &post->uv, woken);
    if (err) {
        return err;
    }
    CHECK(pthread_mutex_init(&post->lock, NULL) == 0);
    post->uv.data = post;
    post->first = NULL;
    post->last = &post->first;
    post->is_closed = false;
    post->on_closed = NULL;
    return 0;
}

bool loop_post_send(struct loop_post *post, struct loop_post_item *item)
{
    pthread_mutex_lock(&post->lock);
    const bool is_open = !post->is_closed;
    if (is_open) {
        item->next = NULL;
        *post->last = item;
        post->last = &item->next;
        uv_async_send(&post->uv); /* under the lock: never after uv_close */
    }
    pthread_mutex_unlock(&post->lock);
    return is_open;
}

static void closed(uv_handle_t *uv)
{
    struct loop_post *post = uv->data;

    if (post->on_closed) {
        post->on_closed(post);
    }
}

void loop_post_close(struct loop_post *post, void (*on_closed)(struct loop_post *post))
{
    pthread_mutex_lock(&post->lock);
    post->is_closed = true;
    pthread_mutex_unlock(&post->lock);
    run_all(take_all(post));
    post->on_closed = on_closed;
    uv_close((uv_handle_t *)&post->uv, closed);
}
