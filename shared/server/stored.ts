import { Schema } from 'mongoose'

/** Fields that every stored document of a kind has, for mongoose's schemas. */
export const requiredText = { type: String, required: true } as const
export const requiredTime = { type: Date, required: true } as const
export const requiredId = { type: Schema.Types.ObjectId, required: true } as const
