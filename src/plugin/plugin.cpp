// SPDX-License-Identifier: MIT

// Where clang enters: reads the options, takes the finished syntax tree of a file, and applies each rule
// to it.

#include "plugin.h"

#include <algorithm>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

using namespace clang;

namespace comb
{

Plugin::Plugin(ASTContext &ast, const Options &options) : ast(ast), options(options)
{
    ledgerRead();
}

void Plugin::error(SourceLocation at, const std::string &text)
{
    DiagnosticsEngine &diagnostics = ast.getDiagnostics();
    diagnostics.Report(at, diagnostics.getCustomDiagID(DiagnosticsEngine::Error, "%0")) << text;
}

void Plugin::note(SourceLocation at, const std::string &text)
{
    DiagnosticsEngine &diagnostics = ast.getDiagnostics();
    diagnostics.Report(at, diagnostics.getCustomDiagID(DiagnosticsEngine::Note, "%0")) << text;
}

std::string Plugin::pathOf(SourceLocation at) const
{
    const SourceManager &sources = ast.getSourceManager();
    std::string path = sources.getFilename(sources.getExpansionLoc(at)).str();
    return path.compare(0, options.root.size(), options.root) == 0 ? path.substr(options.root.size()) : path;
}

static bool isUnder(const std::string &path, const std::vector<std::string> &prefixes)
{
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string &prefix) {
        return path.compare(0, prefix.size(), prefix) == 0;
    });
}

bool Plugin::isSdk(SourceLocation at) const
{
    return isUnder(pathOf(at), options.sdk);
}

bool Plugin::isAttacker() const
{
    const SourceManager &sources = ast.getSourceManager();
    return isUnder(pathOf(sources.getLocForStartOfFile(sources.getMainFileID())), options.attackers);
}

namespace
{

class Functions : public RecursiveASTVisitor<Functions>
{
  public:
    explicit Functions(Plugin &plugin) : plugin(plugin)
    {
    }

    bool VisitFunctionDecl(FunctionDecl *function)
    {
        if (!function->doesThisDeclarationHaveABody())
            return true;
        plugin.functionSeen(function);
        CFG::BuildOptions options;
        options.setAllAlwaysAdd();
        std::unique_ptr<CFG> cfg = CFG::buildCFG(function, function->getBody(), &plugin.ast, options);
        if (cfg != nullptr) {
            boundsCheck(plugin, function, *cfg);
            fetchCheck(plugin, function, *cfg);
        }
        loopsCheck(plugin, function);
        return true;
    }

  private:
    Plugin &plugin;
};

class Consumer : public ASTConsumer
{
  public:
    explicit Consumer(Options options) : options(std::move(options))
    {
    }

    void HandleTranslationUnit(ASTContext &ast) override
    {
        if (ast.getDiagnostics().hasErrorOccurred())
            return;
        Plugin plugin(ast, options);
        if (plugin.isAttacker())
            return;
        castsCheck(plugin);
        Functions(plugin).TraverseDecl(ast.getTranslationUnitDecl());
        plugin.ledgerClose();
    }

  private:
    Options options;
};

class Action : public PluginASTAction
{
  protected:
    std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &, llvm::StringRef) override
    {
        return std::make_unique<Consumer>(options);
    }

    bool ParseArgs(const CompilerInstance &compiler, const std::vector<std::string> &arguments) override
    {
        for (const std::string &argument : arguments) {
            size_t equals = argument.find('=');
            std::string name = argument.substr(0, equals);
            std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
            if (name == "root")
                options.root = value + "/";
            else if (name == "sdk")
                options.sdk.push_back(value);
            else if (name == "attacker")
                options.attackers.push_back(value);
            else if (name == "ledger")
                options.ledger = value;
            else
                return unknown(compiler, argument);
        }
        return true;
    }

    // Before the code is generated, in every compilation that loads the plugin.
    ActionType getActionType() override
    {
        return AddBeforeMainAction;
    }

  private:
    static bool unknown(const CompilerInstance &compiler, const std::string &argument)
    {
        DiagnosticsEngine &diagnostics = compiler.getDiagnostics();
        diagnostics.Report(
            diagnostics.getCustomDiagID(DiagnosticsEngine::Error, "comb plugin: no argument '%0'"))
            << argument;
        return false;
    }

    Options options;
};

} // namespace
} // namespace comb

static FrontendPluginRegistry::Add<comb::Action> registration("comb", "holds cell code to account");
