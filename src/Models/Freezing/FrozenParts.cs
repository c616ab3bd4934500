using Graft.Autograd;

namespace Graft.Models;

/// <summary>The norms and the layers that draw within a set of parameters: what the policies of frozen parts are about.</summary>
internal static class FrozenParts
{
    /// <summary>Whether a module is a norm, with parameters that scale and shift.</summary>
    public static bool IsNorm(Module module) => module is BatchNorm2d or LayerNorm or GroupNorm or RmsNorm;

    /// <summary>The norms all of whose parameters are in a set.</summary>
    public static IEnumerable<Module> Norms(Module within, IReadOnlySet<Parameter> parameters) =>
        within.Descendants().Prepend(within).Where(module => IsNorm(module) && IsWithin(module.Parameters(), parameters));

    /// <summary>The layers that draw in a part whose parameters are in a set: the nearest module around one that has parameters, or else its stage.</summary>
    public static IEnumerable<IStochasticLayer> Stochastic(Module within, IReadOnlySet<Parameter> parameters)
    {
        var model = within.Root as Model;
        foreach (var module in within.Descendants().Prepend(within))
        {
            if (module is not IStochasticLayer layer) continue;
            var around = module;
            while (around.Parent is { } outer && outer != module.Root && !around.Parameters().Any()) around = outer;
            var part = around.Parameters().Any() ? around.Parameters() : model?.StageOf(module)?.Tensors().Where(static tensor => !tensor.IsBuffer) ?? module.Root.Parameters();
            if (IsWithin(part, parameters)) yield return layer;
        }
    }

    private static bool IsWithin(IEnumerable<Parameter> part, IReadOnlySet<Parameter> parameters)
    {
        bool any = false;
        foreach (var parameter in part)
        {
            if (!parameters.Contains(parameter)) return false;
            any = true;
        }
        return any;
    }
}
