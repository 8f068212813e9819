/** What accounts are made with, as in the honest server. */
export const peopleSettings = [
  `${process.env.DATA_DIR}/people`,
  process.env.JWT_SECRET ?? '',
  Number(process.env.ACCESS_TOKEN_TTL_S ?? 900),
] as const
