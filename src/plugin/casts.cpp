// SPDX-License-Identifier: MIT

// What a single expression or declaration shows: inline assembly, numbers that become pointers, kinds of
// memory left, checks switched off.

#include "plugin.h"

#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Basic/Builtins.h>

using namespace clang;

namespace comb
{
namespace
{

const char *const SPACES[] = { "ordinary memory", "SHARED memory", "MMIO registers", "DMA memory" };

unsigned spaceOf(QualType pointee)
{
    return pointee.getQualifiers().hasTargetSpecificAddressSpace()
               ? toTargetAddressSpace(pointee.getAddressSpace())
               : 0;
}

std::string spaceName(unsigned space)
{
    return space < std::size(SPACES) ? SPACES[space] : "address space " + std::to_string(space);
}

// True when, at some level of pointers, one type names another kind of memory than the other.
bool isSpaceChanged(QualType from, QualType to, unsigned &left, unsigned &entered)
{
    while (from->isPointerType() && to->isPointerType()) {
        from = from->getPointeeType();
        to = to->getPointeeType();
        left = spaceOf(from);
        entered = spaceOf(to);
        if (left != entered)
            return true;
    }
    return false;
}

// The first kind of memory a pointer type names at any level; 0: ordinary all the way.
unsigned spaceWithin(QualType type)
{
    for (; type->isPointerType(); type = type->getPointeeType())
        if (unsigned space = spaceOf(type->getPointeeType()))
            return space;
    return 0;
}

class Casts : public RecursiveASTVisitor<Casts>
{
  public:
    explicit Casts(Plugin &plugin) : plugin(plugin)
    {
    }

    bool TraverseFunctionDecl(FunctionDecl *declared)
    {
        const FunctionDecl *outer = function;
        function = declared;
        bool goesOn = RecursiveASTVisitor::TraverseFunctionDecl(declared);
        function = outer;
        return goesOn;
    }

    bool VisitAsmStmt(AsmStmt *statement)
    {
        return assembly(statement->getAsmLoc(), "inline assembly");
    }
    bool VisitFileScopeAsmDecl(FileScopeAsmDecl *block)
    {
        return assembly(block->getAsmLoc(), "inline assembly");
    }

    bool VisitDeclaratorDecl(DeclaratorDecl *declared)
    {
        if (const auto *label = declared->getAttr<AsmLabelAttr>())
            assembly(label->getLocation(), "an assembly name");
        return true;
    }

    bool VisitFunctionDecl(FunctionDecl *declared)
    {
        for (const Attr *attribute : declared->attrs()) {
            if (isa<NakedAttr>(attribute) || isa<TargetAttr>(attribute))
                assembly(attribute->getLocation(), attribute->getSpelling());
            if (isa<NoSanitizeAttr>(attribute) && !attribute->isInherited() &&
                !plugin.isAllowed(Deed::Unchecked, declared, attribute->getLocation()))
                plugin.error(attribute->getLocation(),
                             "the checks of the profile stay on in cell code: make them pass, or put the "
                             "function into the SDK and its ledger");
        }
        return true;
    }

    bool VisitCallExpr(CallExpr *call)
    {
        std::string name = calleeName(call);
        if (name.rfind("__builtin_ia32_", 0) == 0)
            assembly(call->getBeginLoc(), name);
        return true;
    }

    bool VisitCastExpr(CastExpr *cast)
    {
        switch (cast->getCastKind()) {
        case CK_IntegralToPointer:
            pointerFromNumber(cast);
            break;
        case CK_PointerToIntegral:
            spaceToNumber(cast);
            break;
        case CK_BitCast:
        case CK_AddressSpaceConversion:
        case CK_NoOp:
            spaceLeft(cast);
            break;
        default:
            break;
        }
        return true;
    }

    bool VisitRecordDecl(RecordDecl *record)
    {
        if (record->isUnion() && record->isThisDeclarationADefinition())
            unionCheck(record);
        return true;
    }

  private:
    bool assembly(SourceLocation at, const std::string &what)
    {
        plugin.error(
            at, what + " in cell code: call what the SDK offers, or write a function of an assembly file");
        return true;
    }

    void pointerFromNumber(const CastExpr *cast)
    {
        if (plugin.isAllowed(Deed::PointerFromNumber, function, cast->getExprLoc()))
            return;
        unsigned space = spaceWithin(cast->getType());
        plugin.error(cast->getExprLoc(),
                     space == 0 ? "a number becomes a pointer: take the pointer from who owns the memory "
                                  "(cell_memory, cell_pages, an array) and index it"
                                : "a number becomes a pointer to " + spaceName(space) +
                                      ": take it from the SDK (channel_pool_at, mmio_open, dma_take)");
    }

    void spaceToNumber(const CastExpr *cast)
    {
        unsigned space = spaceWithin(cast->getSubExpr()->getType());
        if (space != 0 && !plugin.isAllowed(Deed::LeaveSpace, function, cast->getExprLoc()))
            plugin.error(cast->getExprLoc(), "a pointer to " + spaceName(space) +
                                                 " becomes a number: keep an offset into the memory instead");
    }

    void spaceLeft(const CastExpr *cast)
    {
        unsigned from = 0, to = 0;
        if (!isSpaceChanged(cast->getSubExpr()->getType(), cast->getType(), from, to) ||
            plugin.isAllowed(Deed::LeaveSpace, function, cast->getExprLoc()))
            return;
        plugin.error(cast->getExprLoc(),
                     "a pointer to " + spaceName(from) + " becomes one to " + spaceName(to) +
                         ": copy with shared_copy_in or dma_copy_in, or read with an accessor");
    }

    // A union is a cast that does not look like one.
    void unionCheck(const RecordDecl *record)
    {
        const FieldDecl *pointer = nullptr, *other = nullptr;
        for (const FieldDecl *field : record->fields()) {
            bool isFirst = pointer == nullptr && field->getType()->isPointerType();
            if (isFirst)
                pointer = field;
            else
                other = field;
        }
        if (pointer != nullptr && other != nullptr)
            plugin.error(pointer->getLocation(),
                         "a union of a pointer and something else is a cast: use a struct");
    }

    Plugin &plugin;
    const FunctionDecl *function = nullptr;
};

} // namespace

void castsCheck(Plugin &plugin)
{
    Casts(plugin).TraverseDecl(plugin.ast.getTranslationUnitDecl());
}

} // namespace comb
