// The only door between threads: work posted from any thread runs on the loop's
// thread, in order, at the next turn. Wake-ups merge (one eventfd write until drained).
#ifndef PINNACE_PROXY_IO_MAILBOX_H_
#define PINNACE_PROXY_IO_MAILBOX_H_
// class Mailbox { explicit Mailbox(Loop&); ~Mailbox(); void Post(absl::AnyInvocable<void()> work);  // any thread
// int64_t pending() const; } Work posted after the loop has stopped is destroyed with the mailbox, unrun.
#endif
