// What the client has said that its backend still goes by, for the next backend
// of the session: options, TYPE, the working directory. Pure; one thread.
#ifndef PINNACE_PROXY_SESSION_REPLAY_H_
#define PINNACE_PROXY_SESSION_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/ftp/command.h"

namespace pinnace::session {

class Replay {
 public:
  // In the order they are told in.
  enum class Slot : uint8_t {
    kClnt,
    kUtf8,
    kMlst,
    kHash,
    kLang,
    kUmask,
    kType,
    kDirectory,  // as PWD names it
    kStep,       // a CWD behind it, before PWD has named the new one
  };
  struct Entry {
    Slot slot;
    ftp::Command command;
  };

  // Before USER: OPTS and CLNT. False: not an option that is known.
  bool NoteEarly(const ftp::Command& command);
  // A backend said yes to it.
  void NoteAccepted(const ftp::Command& command);
  // A step is not named yet: the working directory should be asked for.
  bool wants_directory() const { return Has(Slot::kStep); }
  void NoteDirectory(absl::string_view path);
  // USER: what was said before it that is not the connection's goes. On one
  // that another user has had, what the backend keeps of him is not known.
  enum class Connection : uint8_t { kFresh, kUsed };
  void ForgetUser(Connection connection);
  void Clear() { *this = Replay(); }

  // Another backend can be told all that counts.
  bool is_whole() const { return whole_; }
  size_t size() const { return entries_.size(); }
  const Entry& operator[](size_t i) const { return entries_[i]; }
  // Without it the next backend would do something else than the client asks
  // for.
  static bool MustBeAccepted(Slot slot);

 private:
  void Set(Slot slot, const ftp::Command& command);
  void Drop(Slot slot);
  bool Has(Slot slot) const;

  std::vector<Entry> entries_;  // by slot
  bool whole_ = true;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_REPLAY_H_
