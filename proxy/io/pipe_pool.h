// Empty pipes for splice(2), kept open between transfers. A pipe that still holds bytes is closed, not kept. One thread.
#ifndef PINNACE_PROXY_IO_PIPE_POOL_H_
#define PINNACE_PROXY_IO_PIPE_POOL_H_
