// SPDX-License-Identifier: MIT

// The ledger: which function does what only the SDK may do, and how often.  The code must agree with it
// both ways.

#include "plugin.h"

#include <fstream>
#include <sstream>

using namespace clang;

namespace comb
{

static const char *deedName(Deed deed)
{
    switch (deed) {
    case Deed::PointerFromNumber:
        return "pointer-from-number";
    case Deed::LeaveSpace:
        return "leave-space";
    case Deed::Unchecked:
        return "unchecked";
    }
    return "";
}

static const Deed DEEDS[] = { Deed::PointerFromNumber, Deed::LeaveSpace, Deed::Unchecked };

void Plugin::ledgerRead()
{
    if (options.ledger.empty())
        return;
    std::ifstream file(options.ledger);
    if (!file)
        error(SourceLocation(), "comb plugin: cannot read the ledger " + options.ledger);
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string path, function, deed;
        unsigned count = 0;
        if (line.empty() || line[0] == '#')
            continue;
        if (!(words >> path >> function >> deed >> count) || count == 0)
            error(SourceLocation(), "comb plugin: not a line of a ledger: " + line);
        ledger[path + " " + function + " " + deed].allowed = count;
    }
}

void Plugin::functionSeen(const FunctionDecl *function)
{
    seen[pathOf(function->getLocation()) + " " + function->getNameAsString()] = function->getLocation();
}

bool Plugin::isAllowed(Deed deed, const FunctionDecl *function, SourceLocation at)
{
    if (function == nullptr)
        return false;
    auto entry = ledger.find(pathOf(at) + " " + function->getNameAsString() + " " + deedName(deed));
    return entry != ledger.end() && ++entry->second.found <= entry->second.allowed;
}

void Plugin::ledgerClose()
{
    for (const auto &[function, location] : seen)
        for (Deed deed : DEEDS) {
            auto entry = ledger.find(function + " " + deedName(deed));
            if (entry != ledger.end() && entry->second.found < entry->second.allowed)
                error(location, "the ledger allows this function " + std::to_string(entry->second.allowed) +
                                    " of '" + deedName(deed) + "', it has " +
                                    std::to_string(entry->second.found) + ": correct the ledger");
        }
}

} // namespace comb
