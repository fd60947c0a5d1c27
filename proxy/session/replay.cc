#include "proxy/session/replay.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace pinnace::session {
namespace {

using ftp::Command;
using ftp::Verb;

bool BeginsWithWord(absl::string_view argument, absl::string_view word) {
  return absl::StartsWithIgnoreCase(argument, word) &&
         (argument.size() == word.size() || argument[word.size()] == ' ');
}

}  // namespace

bool Replay::NoteEarly(const Command& command) {
  if (command.verb == Verb::kClnt) {
    Set(Slot::kClnt, command);
  } else if (BeginsWithWord(command.argument, "UTF8") ||
             BeginsWithWord(command.argument, "UTF-8")) {
    Set(Slot::kUtf8, command);
  } else if (BeginsWithWord(command.argument, "MLST")) {
    Set(Slot::kMlst, command);
  } else {
    return false;
  }
  return true;
}

void Replay::NoteAccepted(const Command& command) {
  switch (command.verb) {
    case Verb::kClnt:
      NoteEarly(command);
      return;
    case Verb::kOpts:
      if (BeginsWithWord(command.argument, "HASH")) {
        Set(Slot::kHash, command);
      } else {
        NoteEarly(command);
      }
      return;
    case Verb::kLang:
      Set(Slot::kLang, command);
      return;
    case Verb::kType:
      Set(Slot::kType, command);
      return;
    case Verb::kSite:
      // Without a number it only asks.
      if (BeginsWithWord(command.argument, "UMASK") &&
          absl::StrContains(command.argument, ' ')) {
        Set(Slot::kUmask, command);
      }
      return;
    case Verb::kCwd:
    case Verb::kXcwd:
    case Verb::kCdup:
    case Verb::kXcup:
      // Two steps of which neither has been named.
      if (Has(Slot::kStep)) whole_ = false;
      Set(Slot::kStep, command);
      return;
    case Verb::kSmnt:
      whole_ = false;
      return;
    default:
      return;
  }
}

void Replay::ForgetUser(Connection connection) {
  const size_t dropped = std::erase_if(
      entries_, [](const Entry& entry) { return entry.slot >= Slot::kHash; });
  whole_ = connection == Connection::kFresh || (whole_ && dropped == 0);
}

void Replay::NoteDirectory(absl::string_view path) {
  Drop(Slot::kStep);
  Set(Slot::kDirectory, {Verb::kCwd, "CWD", std::string(path)});
}

bool Replay::MustBeAccepted(Slot slot) {
  switch (slot) {
    case Slot::kClnt:
    case Slot::kUtf8:
    case Slot::kMlst:
    case Slot::kHash:
    case Slot::kLang:
      return false;
    case Slot::kUmask:
    case Slot::kType:
    case Slot::kDirectory:
    case Slot::kStep:
      return true;
  }
  return true;
}

void Replay::Set(Slot slot, const Command& command) {
  auto place =
      std::find_if(entries_.begin(), entries_.end(),
                   [slot](const Entry& entry) { return entry.slot >= slot; });
  if (place == entries_.end() || place->slot != slot) {
    place = entries_.insert(place, Entry{.slot = slot, .command = {}});
  }
  place->command = command;
}

void Replay::Drop(Slot slot) {
  std::erase_if(entries_,
                [slot](const Entry& entry) { return entry.slot == slot; });
}

bool Replay::Has(Slot slot) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [slot](const Entry& entry) { return entry.slot == slot; });
}

}  // namespace pinnace::session
