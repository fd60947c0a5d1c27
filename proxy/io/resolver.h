// DNS names to addresses on libuv's pool (uv_getaddrinfo). One thread.
#ifndef PINNACE_PROXY_IO_RESOLVER_H_
#define PINNACE_PROXY_IO_RESOLVER_H_
// class Resolution: an attempt in progress, dropping it cancels (the callback is not called); 
// std::unique_ptr<Resolution> Resolve(Loop&, std::string host, absl::AnyInvocable<void(absl::StatusOr<std::vector<IpAddress>>)> done)
// numeric hosts too; done is never called inside Resolve.
#endif
