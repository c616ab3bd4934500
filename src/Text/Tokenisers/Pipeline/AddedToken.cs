namespace Graft.Text.Tokenisers;

/// <summary>A token that is found in the text before anything else is done to it.</summary>
/// <param name="Content">The text.</param>
/// <param name="Id">Its number.</param>
/// <param name="SingleWord">Whether no letter or digit may stand beside it.</param>
/// <param name="LeftStrip">Whether white space before it goes with it.</param>
/// <param name="RightStrip">Whether white space after it goes with it.</param>
/// <param name="Normalised">Whether it is looked for in the normalised text.</param>
/// <param name="Special">Whether it is left out of decoded text on request.</param>
internal sealed record AddedToken(string Content, int Id, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false, bool Normalised = false, bool Special = true);
