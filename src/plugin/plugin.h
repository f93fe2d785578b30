// SPDX-License-Identifier: MIT
#pragma once

// The plugin that holds cell code to account (docs/plugin.md).  One rule is one file; what they share
// stands here.

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/AST/Expr.h>
#include <clang/Analysis/CFG.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace comb
{

// What the command line says: -fplugin-arg-comb-root=... and so on.
struct Options {
    std::string root;                   // what paths are relative to
    std::vector<std::string> sdk;       // what belongs to the SDK, by the beginning of its path
    std::vector<std::string> attackers; // what is hostile by trade: nothing is checked there
    std::string ledger;
};

// What only a function named in the ledger may do, and that many times.
enum class Deed { PointerFromNumber, LeaveSpace, Unchecked };

class Plugin
{
  public:
    Plugin(clang::ASTContext &ast, const Options &options);

    void error(clang::SourceLocation at, const std::string &text);
    void note(clang::SourceLocation at, const std::string &text);

    bool isSdk(clang::SourceLocation at) const;
    bool isAttacker() const;
    // Counts a deed; false: the ledger does not allow it here.
    bool isAllowed(Deed deed, const clang::FunctionDecl *function, clang::SourceLocation at);
    // After the last function: the ledger must name as many deeds as there are.
    void ledgerClose();
    // The function is defined here, so its deeds can be counted.
    void functionSeen(const clang::FunctionDecl *function);

    clang::ASTContext &ast;

  private:
    struct Entry {
        unsigned allowed = 0, found = 0;
    };
    std::string pathOf(clang::SourceLocation at) const;
    void ledgerRead();

    const Options &options;
    std::map<std::string, Entry> ledger; // "path function deed"
    std::map<std::string, clang::SourceLocation> seen;
};

// The rules.  The first takes the whole file, the others one function that has a body.
void castsCheck(Plugin &plugin);
void boundsCheck(Plugin &plugin, const clang::FunctionDecl *function, clang::CFG &cfg);
void fetchCheck(Plugin &plugin, const clang::FunctionDecl *function, clang::CFG &cfg);
void loopsCheck(Plugin &plugin, const clang::FunctionDecl *function);

// --- expression.cpp ---

const clang::Expr *bare(const clang::Expr *expression); // without parentheses and casts
// The name of a value: equal for two expressions that say the same; none for what has a side effect.
// The name of a thing is part of the names of all that is reached through it.
std::optional<std::string> nameOf(const clang::Expr *expression, const clang::ASTContext &ast);
std::string nameOfVariable(const clang::ValueDecl *variable);
std::string textOf(const clang::Expr *expression, const clang::ASTContext &ast); // as it stands in the source
std::string calleeName(const clang::CallExpr *call);
bool isConstant(const clang::Expr *expression, const clang::ASTContext &ast);
bool isPointer(const clang::Expr *expression);
bool isPart(const std::string &name, const std::string &whole); // `whole` or something in it

// Reads what a peer or a device writes: shared memory, DMA memory, registers.
enum class Source { None, Shared, Dma, Register };
Source sourceOf(const clang::CallExpr *call);
// True when the expression, or a function of this file that it calls, reads such a thing.
bool isForeign(const clang::Stmt *statement, bool (*wanted)(Source));

} // namespace comb
